import { Code } from '../../../src/csi/errors.ts';
import type { FaultRates } from '../../csi-driver/faults.ts';
import { Chance } from '../chance.ts';
import { type ApiRates, noApiFaults } from '../cluster/api-faults.ts';
import type { ClockOptions, DriverOptions, Focus, SimOptions } from '../options.ts';
import type { ScriptItem } from '../script.ts';
import { drawDriver } from './driver.ts';
import { drawScript } from './script.ts';

/** Draws a run: each seed has its own mixture, in which most kinds of trouble are absent. */
export function draw(seed: number): SimOptions {
  const chance = new Chance(seed).fork('options');
  const focus = drawFocus(chance.fork('mood'));
  const size = drawSize(chance.fork('size'));
  const attachers = chance.pick([1, 1, 1, 2, 2, 2, 3] as const);
  const flags = drawFlags(chance.fork('flags'), focus);
  const leaderElection = attachers > 1 || chance.hits(0.6);
  const driver = drawDriver(chance.fork('driver'), focus);
  const options = {
    seed,
    focus,
    ...{ attachers, leaderElection, ...size },
    frontends: chance.whole(1, 2),
    settleMs: settleMs(flags) + Math.round(size.volumes * serveMs(flags, driver)),
    flags: [
      ...Object.entries(flags).map(([name, value]) => `--${name}=${value}`),
      `--leader-election=${leaderElection}`,
    ],
    clock: drawClock(chance.fork('clock'), focus),
    api: drawApi(chance.fork('api'), focus, size.chaosMs),
    driver,
    weather: { windowMs: chance.between(5_000, 30_000), calm: chance.pick([0, 0.3, 0.6] as const) },
    faultBudget: Number.MAX_SAFE_INTEGER,
    teardown: chance.hits(0.5),
  };
  const script = drawScript(chance.fork('script'), options, focus);
  return { ...options, script, driver: honest(options.driver, script) };
}

/**
 * A driver that does not know a node's former id is believed, and the present id is tried: behaviour that is asked for.
 * So none may claim that of a node that it knows, where nodes change their ids.
 */
function honest(driver: DriverOptions, script: readonly ScriptItem[]): DriverOptions {
  if (!script.some(({ kind }) => kind === 'recreate node')) return driver;
  const codes = driver.unpublish.codes?.filter((code) => code !== Code.NotFound && code !== Code.InvalidArgument);
  return { ...driver, unpublish: { ...driver.unpublish, ...(codes === undefined ? {} : { codes }) } };
}

/** Most runs are small, so that there are many; some are as large as a cluster; a few are storms of thousands. */
function drawSize(chance: Chance): Pick<SimOptions, 'nodes' | 'volumes' | 'chaosMs'> {
  const drawn = chance.next();
  const [nodesMax, volumes, chaosMs] =
    drawn < 0.0002
      ? ([30, [1_000, 2_000], [60_000, 180_000]] as const)
      : drawn < 0.003
        ? ([10, [20, 120], [120_000, 900_000]] as const)
        : ([4, [1, 5], [10_000, 60_000]] as const);
  return {
    nodes: chance.whole(2, nodesMax),
    volumes: chance.whole(volumes[0], volumes[1]),
    chaosMs: chance.between(chaosMs[0], chaosMs[1]),
  };
}

function drawFocus(chance: Chance): Focus {
  const drawn = chance.next();
  return drawn < 0.1 ? 'quiet' : drawn < 0.26 ? 'people' : drawn < 0.38 ? 'driver' : 'everything';
}

type Flags = Record<string, string>;

function drawFlags(chance: Chance, focus: Focus): Flags {
  const [lease, renew, retry] = chance.pick([
    ['15s', '10s', '5s'],
    ['15s', '10s', '5s'],
    ['60s', '40s', '15s'],
    ['10s', '6s', '2s'],
  ] as const);
  const flags: Flags = {
    timeout: chance.pick(['3s', '15s', '1m'] as const),
    'retry-interval-start': chance.pick(['200ms', '1s', '1s'] as const),
    'retry-interval-max': chance.pick(['5s', '20s', '1m', '5m'] as const),
    'volume-attachment-timeout': chance.pick(['0', '20s', '2m', '15m'] as const),
    'worker-threads': chance.pick(['1', '2', '10', '100'] as const),
    'leader-election-lease-duration': lease,
    'leader-election-renew-deadline': renew,
    'leader-election-retry-period': retry,
    'reconcile-sync': chance.pick(['10s', '30s', '1m'] as const),
    // A resync would hide that something was forgotten: most runs have to come to rest without.
    resync: chance.pick(['30s', '24h', '24h', '24h'] as const),
    v: chance.pick(['0', '0', '0', '0', '0', '2', '5'] as const),
  };
  // A call that is given up is a failure too.
  if (focus === 'quiet') Object.assign(flags, { timeout: '1m', 'volume-attachment-timeout': '24h' });
  if (chance.hits(0.1)) flags['kube-api-qps'] = '20';
  if (chance.hits(0.1)) flags.defaults = 'upstream';
  if (chance.hits(0.2)) flags['feature-gates'] = 'ReleaseLeaderElectionOnExit=false';
  if (chance.hits(0.3)) flags['max-entries'] = String(chance.whole(1, 5));
  return flags;
}

/**
 * How long everything may take to come to rest once the faults are over, in milliseconds: a watch that has gone silent
 * is found after eleven minutes at worst; then the longest backoff, with its jitter, twice; then some calls and leases.
 */
function settleMs(flags: Flags): number {
  const minutes: Readonly<Record<string, number>> = { '5s': 0.1, '20s': 0.4, '1m': 1, '5m': 5 };
  const longestRetry = minutes[flags['retry-interval-max'] ?? ''] ?? 5;
  return (11 + 3 * longestRetry + 6) * 60_000;
}

/** The longest that each volume keeps the others waiting: off its node, onto another, and off that; in milliseconds. */
function serveMs(flags: Flags, { publish, unpublish }: DriverOptions): number {
  const requestsMs = flags['kube-api-qps'] === undefined ? 0 : (20 / Number(flags['kube-api-qps'])) * 1000;
  const callsMs = slowestMs(publish) + 2 * slowestMs(unpublish);
  return requestsMs + callsMs / Number(flags['worker-threads']);
}

function slowestMs({ delayMs = 0 }: FaultRates): number {
  return typeof delayMs === 'number' ? delayMs : delayMs[1];
}

function drawClock(chance: Chance, focus: Focus): ClockOptions {
  if (focus !== 'everything') return { skewMs: 0, drift: 0, latenessMs: 1 };
  return {
    skewMs: chance.pick([0, 500, 60_000, 86_400_000] as const),
    drift: chance.pick([0, 0, 0.0001, 0.001] as const),
    latenessMs: chance.pick([1, 1, 20, 500] as const),
  };
}

function drawApi(chance: Chance, focus: Focus, chaosMs: number): SimOptions['api'] {
  const latencyMs = chance.pick([
    [0.3, 2],
    [0.3, 2],
    [5, 30],
    [0.3, 300],
  ] as const);
  return {
    latencyMs: focus === 'quiet' || focus === 'driver' ? [0.3, 2] : latencyMs,
    rates: focus === 'everything' ? drawApiRates(chance.fork('rates'), chaosMs) : noApiFaults,
    historyLimit: chance.pick([5, 30, 10_000, 10_000] as const),
    features: { protobuf: chance.hits(0.8), bookmarks: chance.hits(0.8), errorCode: chance.hits(0.7) },
  };
}

function drawApiRates(chance: Chance, chaosMs: number): ApiRates {
  /** Most faults are absent in most runs: what goes wrong always hides what goes wrong together. */
  const rate = (): number => (chance.hits(0.3) ? chance.pick([0.01, 0.03, 0.1, 0.3] as const) : 0);
  return {
    refuse: rate(),
    lose: rate(),
    hang: rate(),
    conflict: rate(),
    tooMany: rate(),
    internal: rate(),
    timeout: rate(),
    doneButError: rate(),
    slow: rate(),
    slowMs: chance.pick([100, 5_000, 40_000] as const),
    watchEnd: rate() * 3,
    watchBreak: rate() * 3,
    watchStall: rate(),
    watchSpanMs: chaosMs * chance.pick([0.02, 0.1, 0.5] as const),
    watchReplay: rate(),
    splitFrames: chance.hits(0.1) ? 1 : 0,
  };
}
