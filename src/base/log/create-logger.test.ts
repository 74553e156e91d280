import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { goQuote } from '../go-quote.ts';
import { createLogger, type LoggerOptions } from './create-logger.ts';
import type { Severity } from './entry.ts';
import type { Logger } from './logger.ts';
import { parseVmodule } from './vmodule.ts';

const start = Date.UTC(2026, 10, 23, 22, 25, 1, 123);

function capture(options: Partial<LoggerOptions> = {}): { logger: Logger; lines: string[]; severities: Severity[] } {
  const lines: string[] = [];
  const severities: Severity[] = [];
  const logger = createLogger({
    format: 'text',
    verbosity: 0,
    clock: { now: () => start + 0.4567 },
    pid: 1,
    write: (line, severity) => {
      lines.push(line);
      severities.push(severity);
    },
    ...options,
  });
  return { logger, lines, severities };
}

function record(line: string | undefined): Record<string, unknown> {
  return JSON.parse(line ?? '');
}

test('a text line has klog’s header, the quoted message and key="value" pairs', () => {
  const { logger, lines } = capture();
  logger.named('kube/reflector').with({ driver: 'ebs.csi.aws.com' }).info('Listed', { items: 3, ok: true, took: 0.5 });
  assert.deepEqual(lines, [
    'I1123 22:25:01.123456       1 kube/reflector.ts] "Listed" driver="ebs.csi.aws.com" items=3 ok=true took=0.5\n',
  ]);
});

test('warnings and errors have their letters, and what went wrong stands first under err', () => {
  const { logger, lines, severities } = capture({ pid: 12345 });
  logger.warning('No permissions');
  logger.error(new Error('connect ECONNREFUSED'), 'Cannot list', { resource: 'nodes' });
  logger.error(undefined, 'Stopped');
  assert.deepEqual(lines, [
    'W1123 22:25:01.123456   12345 main.ts] "No permissions"\n',
    'E1123 22:25:01.123456   12345 main.ts] "Cannot list" err="connect ECONNREFUSED" resource="nodes"\n',
    'E1123 22:25:01.123456   12345 main.ts] "Stopped"\n',
  ]);
  assert.deepEqual(severities, ['warning', 'error', 'error']);
});

test('a JSON line has component-base’s keys', () => {
  const { logger, lines } = capture({ format: 'json', verbosity: 4 });
  logger.named('csi/driver').debug(4, 'Ready', { name: 'x', took: 1.5 });
  assert.equal(
    lines[0],
    `{"ts":${start + 0.4567},"caller":"csi/driver.ts","msg":"Ready","v":4,"name":"x","took":1.5}\n`,
  );
});

test('a JSON error has err and no v; a JSON warning says that it is one', () => {
  const { logger, lines } = capture({ format: 'json' });
  logger.error('lost', 'Gone', { node: 'n1' });
  logger.warning('Slow');
  assert.deepEqual(record(lines[0]), { ts: start + 0.4567, caller: 'main.ts', msg: 'Gone', node: 'n1', err: 'lost' });
  assert.deepEqual(record(lines[1]), {
    ts: start + 0.4567,
    caller: 'main.ts',
    msg: 'Slow',
    v: 0,
    severity: 'warning',
  });
});

test('a field cannot hide what the JSON format itself says', () => {
  const { logger, lines } = capture({ format: 'json' });
  logger.info('Real', { msg: 'forged', ts: 0, v: 9, other: 1 });
  assert.deepEqual(record(lines[0]), { ts: start + 0.4567, caller: 'main.ts', msg: 'Real', v: 0, other: 1 });
});

test('verbosity hides debug lines above it and nothing else', () => {
  const { logger, lines } = capture({ verbosity: 2 });
  logger.debug(2, 'shown');
  logger.debug(3, 'hidden');
  logger.error(new Error('x'), 'always shown');
  assert.equal(lines.length, 2);
  assert.equal(logger.enabled(2), true);
  assert.equal(logger.enabled(3), false);
});

/** What each place shows up to, with `--v=VERBOSITY --vmodule=RULES`. */
function levels(verbosity: number, rules: string, places: string[]): (number | undefined)[] {
  const vmodule = parseVmodule(rules);
  assert.ok(vmodule.ok, rules);
  const { logger } = capture({ verbosity, vmodule: vmodule.value });
  return places.map((place) => [0, 1, 2, 3, 4, 5, 6, 7].filter((n) => logger.named(place).enabled(n)).at(-1));
}

test('--vmodule raises the verbosity of a file or of a path, and the first match counts', () => {
  const places = ['kube/reflector', 'kube/client', 'attacher/reflector', 'kube/election', 'queue/lane', 'main'];
  assert.deepEqual(levels(1, 'reflector=4,kube/*=6,ele?tion=9', places), [4, 6, 4, 6, 1, 1]);
});

test('--vmodule takes nothing from what --v shows, and a rule of level 0 is none', () => {
  assert.deepEqual(levels(5, 'm*=3', ['main', 'kube/client']), [5, 5]);
  assert.deepEqual(levels(1, 'main=0,m*=3', ['main']), [3]);
});

test('a pattern of --vmodule means what it means to Go’s filepath.Match', () => {
  const cases: [pattern: string, matches: string[], others: string[]][] = [
    ['[a-c]lient', ['a', 'b', 'c'].map((first) => `${first}lient`), ['dlient', '[a-c]lient', 'lient']],
    ['[^a-c]x', ['dx', '^x', '-x'], ['ax', 'cx']],
    ['[ac-e]', ['a', 'c', 'd', 'e'], ['b', '-', 'f']],
    ['[!a]', ['!', 'a'], ['b']],
    ['[\\]\\-x]', [']', '-', 'x'], ['\\', 'y']],
    ['a\\*', ['a*'], ['ab', 'a\\*', 'a']],
    ['*[0-9]', ['http2', '7'], ['http', '']],
    // What Go calls malformed matches nothing, not even itself.
    ...['[', '[]', '[]a]', '[a', '[a-]', '[-a]', '[^]', 'a[', 'a\\'].map((bad): [string, string[], string[]] => [
      bad,
      [],
      [bad, 'a', '-', ']', ''],
    ]),
  ];
  for (const [pattern, matches, others] of cases) {
    for (const name of matches) assert.deepEqual(levels(0, `${pattern}=4`, [name]), [4], `${pattern} and ${name}`);
    for (const name of others) assert.deepEqual(levels(0, `${pattern}=4`, [name]), [0], `${pattern} and ${name}`);
  }
});

test('a malformed --vmodule is refused with what is allowed; an empty one is none', () => {
  assert.deepEqual(parseVmodule(''), { ok: true, value: [] });
  for (const text of ['reflector', 'a=b', '=3', 'a=-1', 'a=0x1', 'a=2147483648', 'a=1,b']) {
    const result = parseVmodule(text);
    assert.ok(!result.ok && /pattern=level pairs/.test(result.error), text);
  }
});

test('the last of two values under one key is shown, once', () => {
  const { logger, lines } = capture();
  logger.with({ volume: 'a', node: 'n' }).info('x', { volume: 'b', absent: undefined });
  assert.ok(lines[0]?.endsWith('"x" volume="b" node="n"\n'), lines[0]);
});

test('whatever stands in a field stays on one line: lists and objects as JSON, errors by their text', () => {
  class Odd extends Error {
    override toString(): string {
      return 'rpc error: code = Internal desc = x';
    }
  }
  const { logger, lines } = capture();
  const cycle: Record<string, unknown> = {};
  cycle.self = cycle;
  logger.info('a\nb', { list: [1, 'x'], nothing: null, odd: new Odd('y'), big: 10n, text: 'tab\there' });
  logger.info('cycle', { cycle });
  logger.error(new AggregateError([new Error('v4 refused'), new Error('v6 refused')]), 'Connect');
  assert.ok(
    lines[0]?.endsWith(
      '"a\\nb" list=[1,"x"] nothing=null odd="rpc error: code = Internal desc = x" big=10 text="tab\\there"\n',
    ),
    lines[0],
  );
  assert.match(lines[1] ?? '', /"cycle" cycle="cannot be shown: /);
  assert.ok(lines[2]?.endsWith('"Connect" err="v4 refused; v6 refused"\n'), lines[2]);
});

test('strings are quoted as Go quotes them', () => {
  const cases: [string, string][] = [
    ['plain', '"plain"'],
    ['say "hi" \\', '"say \\"hi\\" \\\\"'],
    ['\u0007\b\f\n\r\t\v', '"\\a\\b\\f\\n\\r\\t\\v"'],
    ['\u0000\u001b\u007f', '"\\x00\\x1b\\x7f"'],
    ['größe ☺ 日本', '"größe ☺ 日本"'],
    ['\u00a0\u200b\ufeff', '"\\u00a0\\u200b\\ufeff"'],
    ['\u{1f600}\u{e0001}', '"\u{1f600}\\U000e0001"'],
    ['\ud800', '"\ufffd"'],
  ];
  for (const [text, expected] of cases) assert.equal(goQuote(text), expected);
});

test('any message and value give one line in both formats', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.anything({ withBigInt: true }), (message, value) => {
      for (const format of ['text', 'json'] as const) {
        const { logger, lines } = capture({ format });
        logger.info(message, { value });
        logger.error(value, message);
        assert.equal(lines.length, 2);
        for (const line of lines) assert.equal(line.indexOf('\n'), line.length - 1);
        if (format === 'json') assert.equal(record(lines[0]).msg, message);
      }
    }),
  );
});
