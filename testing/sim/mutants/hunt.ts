import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { draw } from '../draw/draw.ts';
import type { Report } from '../run.ts';
import type { Mutant } from './mutant.ts';

/** How the hunt for one mutant ended. */
export interface Hunt {
  readonly mutant: Mutant;
  /** The first run that one of its checkers has failed. */
  readonly caught: Report | undefined;
  /** Runs that failed otherwise before that. */
  readonly others: readonly Report[];
  readonly seeds: number;
}

const workerPath = fileURLToPath(new URL('worker.ts', import.meta.url));

/**
 * Runs seeds with the mutant until one of its checkers finds it, or all its seeds (or `seeds`) are used up. The process
 * is one of testing/sim/mutants/worker.ts: a mutant is there before anything else is loaded.
 */
export async function hunt(mutant: Mutant, seeds = mutant.withinSeeds): Promise<Hunt> {
  const child = fork(workerPath, [mutant.name], { stdio: ['ignore', 'inherit', 'pipe', 'ipc'] });
  const others: Report[] = [];
  try {
    await answerOf(child);
    let tried = 0;
    for (let seed = 1; tried < seeds; seed++) {
      if (mutant.runs?.(draw(seed)) === false) continue;
      tried++;
      child.send(seed);
      const report = (await answerOf(child)) as Report;
      if (report.failure === undefined) continue;
      const isCaught = report.failure.kind !== 'crash' && mutant.caughtBy.includes(report.failure.checker);
      if (isCaught) return { mutant, caught: report, others, seeds: tried };
      others.push(report);
    }
    return { mutant, caught: undefined, others, seeds };
  } finally {
    // It may be busy beyond all signals.
    child.kill('SIGKILL');
  }
}

/** Hunts all of them, two at a time. */
export async function huntAll(
  mutants: readonly Mutant[],
  seeds: number | undefined,
  ended: (hunt: Hunt) => void,
): Promise<Hunt[]> {
  const waiting = [...mutants];
  const hunts: Hunt[] = [];
  async function work(): Promise<void> {
    for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
      const done = await hunt(mutant, seeds);
      hunts.push(done);
      ended(done);
    }
  }
  await Promise.all([work(), work()]);
  return hunts;
}

/** The hunt in a line: what was found where, or what was found instead. */
export function describeHunt({ mutant, caught, others, seeds }: Hunt): string {
  if (caught?.failure !== undefined)
    return `${mutant.name}: seed ${caught.seed} (run ${seeds}), ${caught.failure.checker}`;
  const found = others.map(({ seed, failure }) => `${failure?.kind} ${failure?.checker} (seed ${seed})`);
  const instead = found.length === 0 ? 'nothing' : [...new Set(found)].slice(0, 5).join(', ');
  return `${mutant.name}: not found by ${mutant.caughtBy.join(' or ')} in ${seeds} seeds, but ${instead}`;
}

/** A run takes a second at most: one that takes so long goes round in circles without any time passing. */
const longestRunMs = 120_000;

/** What the child sends next. Rejects with what it has to say if it ends instead, and if it says nothing for too long. */
function answerOf(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    let said = '';
    const hear = (text: Buffer): void => {
      said += text.toString();
    };
    const over = (): void => {
      clearTimeout(timer);
      child.off('message', answered);
      child.off('close', closed);
      child.stderr?.off('data', hear);
    };
    const answered = (message: unknown): void => {
      over();
      resolve(message);
    };
    const closed = (code: number | null): void => {
      over();
      reject(new Error(`a run with a mutant ended with exit code ${code}: ${said}`));
    };
    const timer = setTimeout(() => {
      over();
      reject(new Error(`a run with a mutant does not end: nothing for ${longestRunMs / 1000} s`));
    }, longestRunMs);
    child.on('message', answered);
    child.on('close', closed);
    child.stderr?.on('data', hear);
  });
}
