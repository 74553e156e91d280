/**
 * Every check and every test, in the order in which a mistake is cheapest to find: `make test`. Words behind it narrow
 * the tests down to files whose path contains one of them, and leave the checks out.
 */
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import process from 'node:process';

const words = process.argv.slice(2);
const checks: [name: string, command: string[]][] = [
  ['lint', ['node_modules/.bin/biome', 'check', '--error-on-warnings', '.']],
  ['types', ['node_modules/.bin/tsc', '--noEmit']],
  ['unused', ['node_modules/.bin/knip', '--no-progress']],
  ['unused but by tests', ['node_modules/.bin/knip', '--production', '--no-progress']],
];

function run(name: string, command: string[]): void {
  const [file, ...rest] = command as [string, ...string[]];
  process.stdout.write(`== ${name}\n`);
  const { status, error } = spawnSync(file, rest, { stdio: 'inherit' });
  if (error !== undefined) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

const roots = ['src', 'specs', 'testing', 'tools', 'demo', 'bench', 'web', 'deploy'];
const files = roots
  .flatMap((root) => globSync(`${root}/**/*.test.ts`))
  .filter((file) => words.length === 0 || words.some((word) => file.includes(word)))
  .sort();
if (files.length === 0) {
  process.stderr.write(`no test file has ${words.join(' or ')} in its path\n`);
  process.exit(1);
}
if (words.length === 0) for (const [name, command] of checks) run(name, command);
run('tests', [process.execPath, '--test', '--test-concurrency=2', '--test-timeout=300000', ...files]);
