import { systemRandom } from '../../src/platform/random.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { type DriverArgs, parseDriverArgs, usage } from './args.ts';
import { type StartedDriver, startDriver } from './index.ts';
import { ledgerReport, summary } from './report.ts';

const args = parseDriverArgs(process.argv.slice(2));
if (!args.ok) fail(2, `${args.error}\nTry --help.`);
else if (args.value === 'help') process.stdout.write(usage);
else run(args.value).catch((error: unknown) => fail(1, error instanceof Error ? error.message : String(error)));

async function run({ socketPath, name, settings, publish, unpublish, list, seed }: DriverArgs): Promise<void> {
  const random = seed === undefined ? systemRandom : seededRandom(seed);
  const driver = await startDriver({ socketPath, name, settings, random });
  driver.core.faults.set('ControllerPublishVolume', publish);
  driver.core.faults.set('ControllerUnpublishVolume', unpublish);
  driver.core.faults.set('ListVolumes', list);
  process.on('SIGUSR2', () => say(ledgerReport(driver.core)));
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void end(driver));
  process.stdout.write(`The CSI driver ${name} listens on ${socketPath} (process ${process.pid})\n`);
}

async function end(driver: StartedDriver): Promise<void> {
  await driver.close();
  say(summary(driver.core));
}

function say(report: object): void {
  process.stdout.write(`${JSON.stringify(report)}\n`);
}

function fail(exitCode: number, message: string): void {
  process.stderr.write(`csi-driver: ${message}\n`);
  process.exitCode = exitCode;
}
