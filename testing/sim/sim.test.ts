import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { commitSeed } from '../support/commit-seed.ts';
import { campaign } from './campaign.ts';
import { properties } from './checkers/index.ts';
import { draw } from './draw/draw.ts';
import type { SimOptions } from './options.ts';
import { type Report, run } from './run.ts';

const seeds = 1_000;
const firstSeed = commitSeed() ?? 1;

test(`no promise is broken in ${seeds} simulations, from seed ${firstSeed} on`, async () => {
  const failed: string[] = [];
  const ended = ({ seed, failure }: Report): boolean => {
    if (failure !== undefined) failed.push(`seed ${seed}: ${failure.kind}: ${failure.checker}: ${failure.text}`);
    return failed.length < 5;
  };
  await campaign({ firstSeed, seeds, workers: 2, ended });
  assert.deepEqual(failed, [], 'to see one of them: make sim SEED=n');
});

const main = fileURLToPath(new URL('main.ts', import.meta.url));

const regressions = fileURLToPath(new URL('regressions', import.meta.url));
for (const file of readdirSync(regressions)) {
  test(`a run that once showed a fault shows none any more: ${file}`, async () => {
    const { options } = JSON.parse(readFileSync(join(regressions, file), 'utf8')) as { options: SimOptions };
    const { failure } = await run(options, properties);
    assert.equal(failure, undefined, `${failure?.checker}: ${failure?.text}`);
  });
}

test('the same seed makes the same run, byte for byte, here and in another process', async () => {
  for (const seed of [1, 2, 3, 4, 5].map((offset) => firstSeed + offset)) {
    const first = await logOf(seed);
    assert.ok(first.length > 10, 'a run has something to tell');
    assert.equal(await logOf(seed), first);
    assert.ok(elsewhere(seed).includes(first), `seed ${seed} goes otherwise in a process of its own`);
  }
});

test('another seed makes another run', async () => {
  const reports = await Promise.all([draw(1), draw(2)].map((options) => run(options, properties)));
  assert.notEqual(reports[0]?.trace, reports[1]?.trace);
});

test('a run ends with a verdict, and arguments that cannot be read with exit code 2', () => {
  assert.match(
    elsewhere(7),
    /\nseed 7: passed: no checker saw a promise broken \(\d+ virtual seconds, \d+ events, .*\)\n$/,
  );
  for (const [args, message] of [
    [['--seed', 'x'], /^sim: --seed must be a whole number, not x\n/],
    [['--options', '{'], /^sim: --options must be JSON/],
    [['--sede', '7'], /^sim: .*'--sede'/],
  ] as const) {
    const { status, stderr } = spawnSync(process.execPath, [main, ...args], { encoding: 'utf8' });
    assert.equal(status, 2);
    assert.match(stderr, message);
  }
});

async function logOf(seed: number): Promise<string> {
  const lines: string[] = [];
  await run(draw(seed), properties, (line) => void lines.push(`${line}\n`));
  return lines.join('');
}

function elsewhere(seed: number): string {
  const { stdout } = spawnSync(process.execPath, [main, '--seed', String(seed), '--no-shrink'], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  return stdout;
}
