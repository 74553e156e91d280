import process from 'node:process';
import type { Property } from './checkers/checker.ts';
import type { SimOptions } from './options.ts';
import { describe, type Failure, World } from './world.ts';

export interface Report {
  seed: number;
  failure: Failure | undefined;
  virtualMs: number;
  events: number;
  /** Tells two runs apart that differ in the time or order of anything. */
  trace: number;
  /** Single faults of requests and watches. */
  faults: number;
  /** Faults and actions that happened, by kind. */
  happened: Record<string, number>;
  /** Calls that the driver took up. */
  calls: number;
}

/** Between two looks whether all has come to rest, in virtual milliseconds. */
const lookEveryMs = 500;

/** More events than these, and something goes round in circles. */
const eventsMin = 20_000;
const eventsPerVolume = 5_000;

/** Runs one world from its beginning to its end. Never rejects. */
export async function run(
  options: SimOptions,
  properties: readonly Property[],
  log?: (line: string) => void,
): Promise<Report> {
  const world = new World({ options, properties, log });
  const crashed = (error: unknown): void =>
    world.fail({ kind: 'crash', checker: 'unhandled rejection', text: describe(error) });
  process.on('unhandledRejection', crashed);
  // Where an error comes from is told only to whoever looks: gathering it for each costs as much as all else.
  const stackTraceLimit = Error.stackTraceLimit;
  if (log === undefined) Error.stackTraceLimit = 0;
  try {
    await play(world);
  } catch (error) {
    world.fail({ kind: 'crash', checker: 'uncaught exception', text: describe(error) });
  } finally {
    process.off('unhandledRejection', crashed);
    Error.stackTraceLimit = stackTraceLimit;
  }
  return {
    seed: options.seed,
    failure: world.failure,
    virtualMs: Math.round(world.time.nowMs),
    events: world.time.executed,
    trace: world.time.trace,
    faults: Object.values(world.faults.counts).reduce((sum, count) => sum + count, 0),
    happened: { ...world.faults.counts, ...world.actions.counts },
    calls: world.calls,
  };
}

async function play(world: World): Promise<void> {
  const { options, time, cluster, replicas } = world;
  cluster.setUp();
  for (const replica of replicas) replica.startAfter(world.chance.fork(`start ${replica.index}`).between(0, 3000));
  for (const { atMs, ...action } of options.script) time.schedule(atMs, () => world.actions.do(action));
  await until(world, () => time.nowMs >= options.chaosMs);
  if (world.failure !== undefined) return;
  world.heal();
  await converge(world);
  if (options.teardown) {
    world.tearDown();
    await converge(world);
  }
  await stop(world);
}

/** Lets time pass until all checkers are content. */
async function converge(world: World): Promise<void> {
  if (world.failure !== undefined) return;
  const { time, options } = world;
  const limitMs = time.nowMs + options.settleMs;
  let nextMs = time.nowMs;
  let pending: ReturnType<World['pending']>;
  await until(world, () => {
    if (time.nowMs < nextMs) return false;
    nextMs = time.nowMs + lookEveryMs;
    pending = world.pending();
    return pending === undefined || time.nowMs > limitMs;
  });
  if (pending !== undefined) world.fail({ kind: 'stuck', checker: pending.checker, text: pending.why });
  else world.settled();
}

/** Every attacher is asked to stop, and has to. */
async function stop(world: World): Promise<void> {
  if (world.failure !== undefined) return;
  const { time, replicas } = world;
  const limitMs = time.nowMs + 120_000;
  for (const replica of replicas) {
    replica.retire();
    replica.stop(0);
  }
  await until(world, () => replicas.every((replica) => !replica.isUp) || time.nowMs > limitMs);
  const left = replicas.filter((replica) => replica.isUp).map((replica) => replica.process?.name);
  if (left.length > 0) world.fail({ kind: 'stuck', checker: 'stop', text: `${left.join(', ')} did not stop in 120 s` });
}

async function until(world: World, done: () => boolean): Promise<void> {
  const most = eventsMin + eventsPerVolume * world.options.volumes;
  await world.time.run(() => {
    if (world.time.executed > most) world.fail({ kind: 'stuck', checker: 'events', text: `more than ${most} events` });
    return world.failure !== undefined || done();
  });
}
