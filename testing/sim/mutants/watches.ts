import type { Mutant } from './mutant.ts';
import { shortHistory } from './runs.ts';

const reflector = 'src/kube/cache/reflector.ts';
const store = 'src/kube/cache/object-store.ts';

/** Mistakes about watches, caches and requests. */
export const watchMutants: readonly Mutant[] = [
  {
    name: 'no-watch-after-clean-end',
    breaks: 'A watch that the server ends is not begun anew: the cache stands still, and so does everything.',
    edits: [
      {
        file: reflector,
        find: "    if (watchdog.ranItsTime || watchdog.worked) return { name: 'verifying' };\n",
        replace:
          "    if (watchdog.ranItsTime || watchdog.worked) return { name: 'pausing', delayMs: 86_400_000, next: { name: 'verifying' } };\n",
      },
    ],
    caughtBy: ['converged'],
    withinSeeds: 150,
  },
  {
    name: 'expired-watch-repeated',
    breaks: 'A watch from a version that the server has dropped is begun again from there, for ever.',
    edits: [
      {
        file: reflector,
        find: "return this.#expiredWatches === 1 ? this.#startOfList() : this.#pause(error, 'list');",
        replace: "return this.#pause(error, { name: 'watching' });",
      },
    ],
    caughtBy: ['converged'],
    withinSeeds: 50,
  },
  {
    name: 'silence-not-noticed',
    breaks: 'A watch that brings nothing any more is waited for, for ever.',
    edits: [
      {
        file: 'src/kube/cache/watch-watchdog.ts',
        find: 'const why = this.#complaint();',
        replace: 'const why = this.#ageMs < 0 ? this.#complaint() : undefined;',
      },
    ],
    caughtBy: ['converged'],
    withinSeeds: 250,
  },
  {
    name: 'broken-watch-not-repeated',
    breaks: 'A watch whose connection breaks is not begun anew.',
    edits: [
      {
        file: reflector,
        find: "return { name: 'pausing', delayMs: this.#random.next() * longestMomentMs, next: { name: 'verifying' } };",
        replace:
          "return { name: 'pausing', delayMs: longestMomentMs + this.#random.next() * 86_400_000, next: { name: 'verifying' } };",
      },
    ],
    caughtBy: ['converged'],
    withinSeeds: 80,
  },
  {
    name: 'token-read-once',
    breaks: 'The token of the service account is read once: an hour later every request is refused.',
    edits: [
      {
        file: 'src/kube/access/live-access.ts',
        find: '      this.#staleAt = this.#clock.monotonic() + freshMs;\n',
        replace: '      this.#staleAt = this.#clock.monotonic() + freshMs * 1e9;\n',
      },
      {
        file: 'src/kube/access/live-access.ts',
        find: 'if (token !== this.#last?.token || now',
        replace: 'if (token !== undefined || now',
      },
    ],
    caughtBy: ['converged'],
    withinSeeds: 40,
  },
  {
    name: 'requests-without-deadline',
    breaks: 'A request that is never answered is waited for, for ever: its attachment with it.',
    edits: [{ file: 'src/kube/client/request-deadlines.ts', find: '      deadline.expire();\n', replace: '' }],
    caughtBy: ['converged', 'stop', 'bounded'],
    withinSeeds: 10,
  },
  {
    name: 'vanished-objects-kept',
    breaks: 'What went away while nobody watched is not told as deleted: volumes wait for attachments that are gone.',
    edits: [
      {
        file: store,
        find: '      if (!after.has(old.name)) for (const listener of this.#listeners) listener.deleted(old);\n',
        replace: '      void old;\n',
      },
    ],
    caughtBy: ['converged', 'orphans-unpublished'],
    runs: shortHistory,
    withinSeeds: 60,
  },
];
