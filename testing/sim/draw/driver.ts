import { Code } from '../../../src/csi/errors.ts';
import type { FaultRates } from '../../csi-driver/faults.ts';
import type { Capability } from '../../csi-driver/settings.ts';
import type { Chance } from '../chance.ts';
import type { DriverOptions, Focus } from '../options.ts';

const codes: readonly Code[] = Object.values(Code).filter((code) => code !== Code.OK);
/** Those that somebody might take for something else than a failure. */
const temptingCodes = [
  ...[Code.NotFound, Code.NotFound, Code.DeadlineExceeded, Code.Aborted, Code.Unavailable, Code.Internal],
] as const;

/** Draws a driver and what is wrong with it. */
export function drawDriver(chance: Chance, focus: Focus): DriverOptions {
  const withFaults = focus === 'everything' || focus === 'driver';
  /** People do what they do with drivers that refuse things, too. */
  const refuses = focus === 'people' && chance.hits(0.5);
  const rates = (method: string): FaultRates => {
    if (withFaults) return drawRates(chance.fork(method), delayMs);
    const { error, errorAfter, codes: refusals } = drawRates(chance.fork(method), delayMs);
    return refuses ? { delayMs, error, errorAfter, codes: refusals } : { delayMs };
  };
  const capabilities: Capability[] = [];
  if (chance.hits(0.95)) capabilities.push('PUBLISH_UNPUBLISH_VOLUME');
  if (chance.hits(0.7)) capabilities.push('PUBLISH_READONLY');
  if (chance.hits(0.5)) capabilities.push('LIST_VOLUMES', 'LIST_VOLUMES_PUBLISHED_NODES');
  if (chance.hits(0.5)) capabilities.push('SINGLE_NODE_MULTI_WRITER');
  const delayMs = chance.pick<readonly [number, number]>([
    [0, 0],
    [1, 50],
    [50, 2_000],
    [1_000, 20_000],
  ]);
  return {
    capabilities,
    publish: rates('publish'),
    unpublish: rates('unpublish'),
    other: withFaults && chance.hits(0.3) ? { delayMs: [0, 100], error: 0.2, codes } : {},
    slowTransit: withFaults && chance.hits(0.3) ? 0.1 : 0,
    afterDeadline: chance.pick(['finish', 'finish', 'stop'] as const),
    // Two lists of one old picture look like two lists that agree.
    listStaleMs: focus === 'quiet' ? 0 : chance.pick([0, 0, 5_000, 60_000] as const),
    listPageSize: chance.pick([0, 1, 3] as const),
    maxPublishedPerNode: 10_000,
  };
}

function drawRates(chance: Chance, delayMs: readonly [number, number]): FaultRates {
  const rate = (): number => (chance.hits(0.3) ? chance.pick([0.03, 0.1, 0.3] as const) : 0);
  return {
    delayMs,
    error: chance.hits(0.5) ? chance.pick([0.03, 0.1, 0.3, 0.6] as const) : 0,
    codes: chance.hits(0.3) ? codes : [chance.pick(temptingCodes)],
    errorAfter: chance.hits(0.4) ? chance.pick([0.1, 0.3, 0.6] as const) : 0,
    hang: rate() / 10,
    hangAfter: rate() / 10,
    cut: rate() / 10,
    cutAfter: rate() / 10,
    background: rate(),
    slow: rate(),
    slowMs: chance.pick([5_000, 30_000, 100_000] as const),
  };
}
