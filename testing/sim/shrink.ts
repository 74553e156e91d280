import type { Property } from './checkers/checker.ts';
import { noApiFaults } from './cluster/api-faults.ts';
import type { SimOptions } from './options.ts';
import { type Report, run } from './run.ts';

/** Runs that are tried at most. */
const runsMax = 400;

export interface Shrunk {
  options: SimOptions;
  report: Report;
  /** Runs that it took. */
  runs: number;
}

/**
 * Looks for the smallest run that still fails in the same way: leaves out actions, faults, replicas, volumes, and ends
 * earlier, one after the other, for as long as that makes it smaller.
 */
export async function shrink(options: SimOptions, report: Report, properties: readonly Property[]): Promise<Shrunk> {
  let best = { options, report };
  let runs = 0;

  async function fails(candidate: SimOptions): Promise<boolean> {
    if (runs >= runsMax) return false;
    runs++;
    const tried = await run(candidate, properties);
    const isSame = tried.failure?.kind === report.failure?.kind && tried.failure?.checker === report.failure?.checker;
    if (isSame) best = { options: candidate, report: tried };
    return isSame;
  }

  for (let before = runs; ; before = runs) {
    const size = JSON.stringify(best.options).length;
    await fewerActions(() => best.options, fails);
    for (const simplify of simplifications) {
      const candidate = simplify(best.options, best.report);
      if (candidate !== undefined) await fails({ ...best.options, ...candidate });
    }
    await fewerFaults(() => best, fails);
    if (JSON.stringify(best.options).length >= size || runs === before || runs >= runsMax) break;
  }
  return { ...best, runs };
}

/** Leaves out as many actions as possible: halves first, then quarters, down to single ones. */
async function fewerActions(best: () => SimOptions, fails: (candidate: SimOptions) => Promise<boolean>): Promise<void> {
  for (let size = Math.ceil(best().script.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let start = 0; start < best().script.length; ) {
      const { script } = best();
      const candidate = { ...best(), script: script.filter((_, index) => index < start || index >= start + size) };
      if (!(await fails(candidate))) start += size;
    }
  }
}

/** Finds the number of faults after which the failure is certain. */
async function fewerFaults(
  best: () => { options: SimOptions; report: Report },
  fails: (candidate: SimOptions) => Promise<boolean>,
): Promise<void> {
  let low = 0;
  let high = Math.min(best().options.faultBudget, best().report.faults);
  while (low < high) {
    const middle = (low + high) >> 1;
    if (await fails({ ...best().options, faultBudget: middle })) high = middle;
    else low = middle + 1;
  }
}

type Simplification = (options: SimOptions, report: Report) => Partial<SimOptions> | undefined;

const simplifications: readonly Simplification[] = [
  ({ api }) => ({ api: { ...api, rates: noApiFaults } }),
  ...(Object.keys(noApiFaults) as (keyof typeof noApiFaults)[]).map(
    (name): Simplification =>
      ({ api }) =>
        api.rates[name] === 0 ? undefined : { api: { ...api, rates: { ...api.rates, [name]: 0 } } },
  ),
  ({ api }) => ({ api: { ...api, latencyMs: [0.3, 2], historyLimit: 10_000 } }),
  ({ driver }) => ({ driver: { ...driver, publish: plain, unpublish: plain, other: {}, slowTransit: 0 } }),
  ({ driver }) => ({ driver: { ...driver, publish: plain } }),
  ({ driver }) => ({ driver: { ...driver, unpublish: plain } }),
  ({ driver }) => ({ driver: { ...driver, other: {}, slowTransit: 0, listStaleMs: 0, listPageSize: 0 } }),
  ({ driver }) => ({ driver: { ...driver, capabilities: ['PUBLISH_UNPUBLISH_VOLUME'] } }),
  () => ({ clock: { skewMs: 0, drift: 0, latenessMs: 1 } }),
  () => ({ frontends: 1 }),
  ({ attachers }) => (attachers > 1 ? { attachers: attachers - 1 } : undefined),
  ({ volumes }) => (volumes > 1 ? { volumes: Math.ceil(volumes / 2) } : undefined),
  ({ volumes }) => (volumes > 1 ? { volumes: volumes - 1 } : undefined),
  ({ nodes }) => (nodes > 1 ? { nodes: nodes - 1 } : undefined),
  ({ flags }) => ({ flags: flags.filter((flag) => /leader-election|retry|timeout/.test(flag)) }),
  () => ({ teardown: false }),
  ({ chaosMs }, { virtualMs }) => (virtualMs < chaosMs ? { chaosMs: virtualMs + 1 } : { chaosMs: chaosMs / 2 }),
];

const plain = { delayMs: [1, 50] } as const;
