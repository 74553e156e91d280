import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type GoFlagsResult, nearest, parseGoFlags } from './go-flag.ts';

/** Parses with one boolean (`b`), one number (`n`) and one text (`s`); what was set, in order, and the result. */
function parse(...argv: string[]): { set: string[]; result: GoFlagsResult } {
  const set: string[] = [];
  const result = parseGoFlags(
    argv,
    (name) => {
      if (!['b', 'n', 's'].includes(name)) return undefined;
      return {
        boolean: name === 'b',
        allowed: 'a value',
        set: (value) => {
          if (name === 'n' && !/^\d+$/.test(value)) return `"${value}" is not a number`;
          if (name === 'b' && !/^(true|false)$/.test(value)) return `"${value}" is not true or false`;
          set.push(`${name}=${value}`);
          return undefined;
        },
      };
    },
    (name) => (name === 'bb' ? 'b' : undefined),
  );
  return { set, result };
}

/** What comes of a command line that is right: the words that are left, which stand behind no boolean. */
function end(words: string[]): GoFlagsResult {
  return { ok: true, value: { words, dashes: false } };
}

test('one dash is two, and a value stands behind an equals sign or in the next word', () => {
  const cases: [string[], string[], string[]][] = [
    [['-s=x', '--s=y', '-s', 'z', '--s', 'w'], ['s=x', 's=y', 's=z', 's=w'], []],
    [['--s='], ['s='], []],
    [['--s=a=b'], ['s=a=b'], []],
    [['--s', '-n'], ['s=-n'], []],
    [['--s', '--', '--n=1'], ['s=--', 'n=1'], []],
    [['--s', ''], ['s='], []],
    [[], [], []],
  ];
  for (const [argv, set, rest] of cases) {
    assert.deepEqual(parse(...argv), { set, result: end(rest) }, argv.join(' '));
  }
});

test('a boolean never takes the next word', () => {
  assert.deepEqual(parse('--b', '-b=false', '--b', 'false', '--n=1'), {
    set: ['b=true', 'b=false', 'b=true'],
    result: { ok: true, value: { words: ['false', '--n=1'], dashes: false, behind: 'b' } },
  });
});

test('the first word that is no flag, a lone dash or two dashes end the flags', () => {
  for (const argv of [
    ['--b', 'word', '--n=1'],
    ['--b', '-', '--n=1'],
    ['--b', '', '--n=1'],
  ]) {
    const value = { words: argv.slice(1), dashes: false, behind: 'b' };
    assert.deepEqual(parse(...argv), { set: ['b=true'], result: { ok: true, value } });
  }
  assert.deepEqual(parse('--b=true', 'word').result, end(['word']));
  assert.deepEqual(parse('--b', '--', '--n=1').result, { ok: true, value: { words: ['--n=1'], dashes: true } });
});

test('mistakes name the flag, the value and what is allowed', () => {
  const cases: [string[], string][] = [
    [['---s=x'], 'bad flag syntax: ---s=x (want --flag, --flag=value or --flag value)'],
    [['-=x'], 'bad flag syntax: -=x (want --flag, --flag=value or --flag value)'],
    [['--=x'], 'bad flag syntax: --=x (want --flag, --flag=value or --flag value)'],
    [['--nope'], 'flag provided but not defined: --nope'],
    [['--nope=3'], 'flag provided but not defined: --nope'],
    [['-bb'], 'flag provided but not defined: --bb; did you mean --b?'],
    [['--s'], 'flag needs an argument: --s (want a value)'],
    [['--n=x'], 'invalid value for flag --n: "x" is not a number'],
    [['--b=yes'], 'invalid value for flag --b: "yes" is not true or false'],
  ];
  for (const [argv, error] of cases) assert.deepEqual(parse(...argv).result, { ok: false, error }, argv.join(' '));
});

test('-h, -help, --h and --help ask for help where they stand, but a mistake before them comes first', () => {
  for (const word of ['-h', '--h', '-help', '--help']) {
    assert.deepEqual(parse('--b', word, '--nope').result, { ok: false, help: true });
  }
  assert.equal('help' in parse('--nope', '-h').result, false);
  assert.equal(parse('word', '-h').result.ok, true);
});

test('a misspelt flag is answered with the nearest one, if there is one near', () => {
  const names = ['timeout', 'leader-election', 'worker-threads', 'v'];
  assert.equal(nearest('leader-elect', names), 'leader-election');
  assert.equal(nearest('leader_election', names), 'leader-election');
  assert.equal(nearest('workerthreads', names), 'worker-threads');
  assert.equal(nearest('time-out', names), 'timeout');
  assert.equal(nearest('x', names), undefined);
  assert.equal(nearest('enable-something', names), undefined);
});
