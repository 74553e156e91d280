import { availableParallelism } from 'node:os';
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { campaign } from './campaign.ts';
import { properties } from './checkers/index.ts';
import { draw } from './draw/draw.ts';
import { Figures } from './figures.ts';
import type { SimOptions } from './options.ts';
import { type Report, run } from './run.ts';
import { shrink } from './shrink.ts';
import type { Failure } from './world.ts';

const usage = `Runs simulations of attachers in a cluster in which things go wrong.

  --seed N       run this seed and show its log
  --seeds N      run N seeds (1000 unless told), from --from on
  --from N       the first seed (1 unless told)
  --options JSON run exactly this, as a failed run prints it
  --keep-going   go on after a failure, and list them all
  --no-shrink    show a failure as it is, without looking for a smaller one
  --quiet        do not show the log
  --workers N    processes for --seeds (one for each processor unless told)
  --help         show this

Exit codes: 0 all well, 2 bad arguments, 3 a checker saw a promise broken, 4 did not come to rest, 5 crash.
`;

const exitCodes: Readonly<Record<Failure['kind'], number>> = { wrong: 3, stuck: 4, crash: 5 };

function say(text: string): void {
  process.stdout.write(text);
}

interface Manner {
  shrinks: boolean;
  quiet: boolean;
}

/** Runs one world, shows it, and returns the exit code. */
async function runOne(options: SimOptions, { shrinks, quiet }: Manner): Promise<number> {
  say(`options: ${JSON.stringify(options)}\n`);
  const report = await run(options, properties, quiet ? undefined : (line) => say(`${line}\n`));
  if (report.failure === undefined) {
    say(`${JSON.stringify(report)}\n${passed(report)}`);
    return 0;
  }
  await showFailure(options, report, shrinks);
  return exitCodes[report.failure.kind];
}

async function showFailure(options: SimOptions, report: Report, shrinks: boolean): Promise<void> {
  const { failure } = report;
  if (failure === undefined) return;
  say(`\nseed ${report.seed}: ${failure.kind}: ${failure.checker}: ${failure.text}\n`);
  if (!shrinks) return;
  const small = await shrink(options, report, properties);
  say(`\nThe smallest run that fails in the same way, found in ${small.runs} runs:\n\n`);
  await run(small.options, properties, (line) => say(`${line}\n`));
  say(`\nagain: tools/node testing/sim/main.ts --options '${JSON.stringify(small.options)}'\n`);
  say(`seed ${report.seed}: ${failure.kind}: ${failure.checker}: ${small.report.failure?.text}\n`);
}

function line({ seed, failure }: Report): string {
  return `seed ${seed}: ${failure?.kind}: ${failure?.checker}: ${failure?.text.split('\n')[0]}\n`;
}

function passed({ seed, virtualMs, events, calls, faults }: Report): string {
  const what = `${(virtualMs / 1_000).toFixed(0)} virtual seconds, ${events} events, ${calls} calls, ${faults} faults`;
  return `seed ${seed}: passed: no checker saw a promise broken (${what})\n`;
}

interface Many {
  firstSeed: number;
  seeds: number;
  workers: number;
  keepGoing: boolean;
}

/** Runs many seeds, shows the first failure (or lists them all), and returns the exit code. */
async function runMany({ firstSeed, seeds, workers, keepGoing }: Many, manner: Manner): Promise<number> {
  const figures = new Figures(() => performance.now());
  const failed: Report[] = [];
  const progress = setInterval(() => process.stderr.write(`${figures.line}\n`), 10_000);
  try {
    await campaign({
      ...{ firstSeed, seeds, workers },
      ended: (report) => {
        figures.take(report);
        if (report.failure !== undefined) {
          failed.push(report);
          say(line(report));
        }
        return keepGoing || failed.length === 0;
      },
    });
  } finally {
    clearInterval(progress);
  }
  say(`${figures.table}${figures.line}\n`);
  const [first] = failed.sort((a, b) => a.seed - b.seed);
  if (first?.failure === undefined) {
    say(`seeds ${firstSeed} to ${firstSeed + seeds - 1}: passed: no checker saw a promise broken\n`);
    return 0;
  }
  if (failed.length > 1) for (const report of failed) say(line(report));
  if (!keepGoing) await showFailure(draw(first.seed), first, manner.shrinks);
  return exitCodes[first.failure.kind];
}

async function main(words: string[]): Promise<number> {
  let values: ReturnType<typeof readArguments>;
  try {
    values = readArguments(words);
  } catch (error) {
    process.stderr.write(`sim: ${error instanceof Error ? error.message : error}\nTry: make sim ARGS=--help\n`);
    return 2;
  }
  if (values.help) {
    say(usage);
    return 0;
  }
  const manner = { shrinks: !values['no-shrink'], quiet: values.quiet };
  if (values.run !== undefined) return runOne(values.run, manner);
  if (values.seed !== undefined) return runOne(draw(whole(values.seed)), manner);
  const many = {
    firstSeed: whole(values.from),
    seeds: whole(values.seeds),
    workers: whole(values.workers),
    keepGoing: values['keep-going'],
  };
  return runMany(many, manner);
}

function readArguments(args: string[]) {
  const { values } = parseArgs({
    args,
    options: {
      seed: { type: 'string' },
      seeds: { type: 'string', default: '1000' },
      from: { type: 'string', default: '1' },
      options: { type: 'string' },
      workers: { type: 'string', default: String(availableParallelism()) },
      'keep-going': { type: 'boolean', default: false },
      'no-shrink': { type: 'boolean', default: false },
      quiet: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  for (const name of ['seed', 'seeds', 'from', 'workers'] as const) {
    const value = values[name];
    if (value !== undefined && !/^\d+$/.test(value)) throw new Error(`--${name} must be a whole number, not ${value}`);
  }
  return { ...values, run: values.options === undefined ? undefined : parsedOptions(values.options) };
}

function parsedOptions(text: string): SimOptions {
  try {
    return JSON.parse(text) as SimOptions;
  } catch (error) {
    throw new Error(
      `--options must be JSON, as a failed run prints it: ${error instanceof Error ? error.message : error}`,
    );
  }
}

function whole(value: string): number {
  return Number.parseInt(value, 10);
}

process.exitCode = await main(process.argv.slice(2));
