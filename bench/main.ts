/** `npm run bench`: measures attachers, or the embedded API server itself. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { type BenchArgs, benchUsage, parseBenchArgs } from './args.ts';
import { measureAttachers } from './measure.ts';
import { Children } from './rig/children.ts';
import { UsageError } from './rig/options.ts';
import { measureServer } from './server-only.ts';

const say = (text: string): void => void process.stdout.write(`${text}\n`);

async function main(words: readonly string[]): Promise<number> {
  let args: BenchArgs | undefined;
  try {
    args = parseBenchArgs(words);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`bench: ${error.message}\nTry: npm run bench -- --help\n`);
    return 2;
  }
  if (args === undefined) {
    process.stdout.write(benchUsage);
    return 0;
  }
  return run(args);
}

async function run(args: BenchArgs): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), 'csi-attacher-bench-'));
  const children = new Children(directory);
  const interrupted = new Promise<number>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve(130));
  });
  const measured = (args.serverOnly ? measureServer : measureAttachers)({ args, children, directory, say });
  try {
    return await Promise.race([measured.then(() => 0), interrupted]);
  } catch (error) {
    process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  } finally {
    await children.stop();
    if (args.keepLogs) process.stderr.write(`logs: ${directory}\n`);
    else rmSync(directory, { recursive: true, force: true });
  }
}

process.exit(await main(process.argv.slice(2)));
