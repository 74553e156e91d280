import type { Mutant } from './mutant.ts';
import { failingDriver } from './runs.ts';

const queue = 'src/queue/work-queue.ts';

/** Mistakes about when and how often something is done. */
export const queueMutants: readonly Mutant[] = [
  {
    name: 'key-beside-itself',
    breaks: 'A key that is woken while it runs is run a second time beside itself: two calls for one volume at once.',
    edits: [
      { file: queue, find: '      running.woken = true;\n      return;\n', replace: '      running.woken = false;\n' },
    ],
    caughtBy: ['one-at-a-time'],
    withinSeeds: 120,
  },
  {
    name: 'retry-forgotten',
    breaks: 'What failed is not tried again before something changes: the volume is stuck.',
    edits: [
      {
        file: queue,
        find: '    this.#wait(key, atMs ?? this.#options.clock.monotonic() + this.#options.backoff.next(failures));\n',
        replace: '',
      },
    ],
    caughtBy: ['converged', 'served-promptly'],
    withinSeeds: 40,
  },
  {
    name: 'width-not-kept',
    breaks: 'More calls run at once than --worker-threads allows: a driver that can take few falls over.',
    edits: [
      {
        file: queue,
        find: 'while (!this.#stopped && state.runningCount < state.width) {',
        replace: 'while (!this.#stopped) {',
      },
    ],
    caughtBy: ['width-kept'],
    withinSeeds: 80,
  },
  {
    name: 'backoff-never-grows',
    breaks: 'Every retry comes after the shortest wait: a broken driver is hammered.',
    edits: [{ file: queue, find: '    this.#failures.set(key, failures + 1);\n', replace: '' }],
    caughtBy: ['backoff-kept'],
    runs: failingDriver,
    withinSeeds: 10,
  },
];
