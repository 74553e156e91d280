/** `make demo`: attachers at work on the embedded API server and driver, to look at. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { Children } from '../bench/rig/children.ts';
import { UsageError } from '../bench/rig/options.ts';
import { type DemoArgs, demoUsage, parseDemoArgs } from './args.ts';
import { Interrupted, orInterrupted } from './interruption.ts';
import { Demo } from './run.ts';
import { summaryText } from './summary.ts';

async function main(words: readonly string[]): Promise<number> {
  let args: DemoArgs | undefined;
  try {
    args = parseDemoArgs(words);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`demo: ${error.message}\nTry: make demo ARGS=--help\n`);
    return 2;
  }
  if (args === undefined) {
    process.stdout.write(demoUsage);
    return 0;
  }
  return run(args);
}

async function run(args: DemoArgs): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), 'csi-attacher-demo-'));
  const children = new Children(directory);
  const interruption = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => interruption.abort());
  let readerIsGone = false;
  // Whoever reads this may have seen enough (`| head`); writes fail from then on, and there is nobody to tell.
  process.stdout.on('error', () => {
    readerIsGone = true;
    interruption.abort();
  });
  process.stderr.on('error', () => {});
  let exitCode = 1;
  try {
    exitCode = await show(args, children, directory, interruption.signal);
  } catch (error) {
    if (error instanceof Interrupted)
      exitCode = readerIsGone ? 141 : 130; // As a shell has it for SIGPIPE and for Ctrl-C.
    else process.stderr.write(`\ndemo: ${error instanceof Error ? error.message : String(error)}\n`);
  } finally {
    await children.stop();
  }
  // Logs are for whoever wants to know why; nobody does after a good end.
  if (exitCode === 1) {
    for (const name of readdirSync(directory).filter((each) => /\.(kubeconfig|tokens\.csv)$/.test(each))) {
      rmSync(join(directory, name));
    }
    process.stderr.write(`The logs are in ${directory}\n`);
  }
  if (exitCode !== 1) rmSync(directory, { recursive: true, force: true });
  return exitCode;
}

async function show(args: DemoArgs, children: Children, directory: string, signal: AbortSignal): Promise<number> {
  const output = process.stdout;
  const colour = output.isTTY && (process.env.NO_COLOR ?? '') === '';
  const starting = Demo.start({ args, children, directory, output, colour, signal });
  const demo = await orInterrupted(starting, signal);
  const summary = await demo.run();
  output.write(`\n${summaryText(summary)}\n`);
  if (args.keep) {
    output.write(`\n${await orInterrupted(demo.leaveSome(), signal)}\n`);
  }
  if (args.json) output.write(`${JSON.stringify(summary)}\n`);
  if (args.keep) await demo.keepRunning();
  return summary.ok ? 0 : 1;
}

process.exit(await main(process.argv.slice(2)));
