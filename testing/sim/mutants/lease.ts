import type { Mutant } from './mutant.ts';
import { pausesLeader, suspendsLeader } from './runs.ts';

const election = 'src/kube/leader-election/election.ts';
const term = 'src/kube/leader-election/term.ts';
const observed = 'src/kube/leader-election/observed-lease.ts';
const fence = 'src/attacher/leadership.ts';
const app = 'src/app.ts';

/** Mistakes about who leads. */
export const leaseMutants: readonly Mutant[] = [
  {
    name: 'suspend-not-seen',
    breaks: 'A term goes by the monotonic clock alone: a leader whose machine was suspended goes on beside the next.',
    edits: [
      {
        file: 'src/base/clock.ts',
        find: 'Math.max(clock.monotonic() - moment.monotonic, clock.now() - moment.wall, clock.boot() - moment.boot)',
        replace: 'clock.monotonic() - moment.monotonic',
      },
    ],
    caughtBy: ['acts-under-lease'],
    runs: suspendsLeader,
    withinSeeds: 300,
  },
  {
    name: 'belief-without-deadline',
    breaks:
      'A leader believes in its lease until somebody tells it otherwise: one that stood still goes on beside the next.',
    edits: [
      {
        file: term,
        find: 'this.#lost === undefined && this.leftMs <= 0',
        replace: 'this.#lost === undefined && this.leftMs === Number.NEGATIVE_INFINITY',
      },
    ],
    caughtBy: ['acts-under-lease'],
    runs: pausesLeader,
    withinSeeds: 330,
  },
  {
    name: 'calls-without-the-lease',
    breaks:
      'Whether the lease is held is not asked before calls to the driver: a leader that stood still calls beside the next.',
    edits: [
      { file: fence, find: '  if (!term.held()) throw new NotLeading();\n', replace: '  void term;\n' },
      {
        file: 'src/csi/driver.ts',
        find: 'migrated, wanted };',
        replace: 'migrated, wanted: wanted && (() => true) };',
      },
    ],
    caughtBy: ['acts-under-lease'],
    withinSeeds: 330,
  },
  {
    name: 'work-not-drained',
    breaks: 'The lease is given back while operations still run: two leaders work on one volume.',
    edits: [
      {
        file: app,
        find: '    await Promise.all([controller.stop(), releases.queue.stop()]);\n',
        replace: '    void Promise.all([controller.stop(), releases.queue.stop()]);\n',
      },
    ],
    caughtBy: ['acts-under-lease', 'bounded'],
    withinSeeds: 200,
  },
  {
    name: 'lost-term-goes-on',
    breaks: 'A lost lease does not end the term: this replica does nothing any more, and never leads again.',
    edits: [
      {
        file: term,
        find: '    this.#lost ??= why;\n    this.finish();\n',
        replace: '    this.#lost ??= why;\n    this.#deadline?.cancel();\n    this.#over.abort();\n',
      },
    ],
    caughtBy: ['converged', 'stop'],
    withinSeeds: 10,
  },
  {
    name: 'lease-taken-at-once',
    breaks: 'A candidate takes the lease without waiting until it has expired: two leaders.',
    edits: [
      {
        file: election,
        find: 'return this.#observed.freeInMs(this.#identity) === 0 &&',
        replace: 'return this.#observed.freeInMs(this.#identity) >= 0 &&',
      },
    ],
    caughtBy: ['one-holder'],
    withinSeeds: 10,
  },
  {
    name: 'lease-expires-by-wall-clock',
    breaks:
      'A lease counts as free or held by the times that stand in it: where clocks differ, it is taken from somebody who holds it.',
    edits: [
      {
        file: observed,
        find: 'return Math.max(formerMs, this.#since + durationMs(this.#lease) - now);',
        replace: 'return Math.max(0, (this.#lease?.renewTimeMs ?? 0) + durationMs(this.#lease) - this.#clock.now());',
      },
    ],
    caughtBy: ['one-holder', 'converged'],
    withinSeeds: 30,
  },
  {
    name: 'renewals-not-seen',
    breaks: 'Only who holds a lease is looked at, not whether it was renewed: a candidate takes it from its holder.',
    edits: [
      {
        file: 'src/kube/leader-election/lease.ts',
        find: 'JSON.stringify([holderIdentity, leaseDurationSeconds, acquireTime, renewTime, leaseTransitions])',
        replace:
          'JSON.stringify([holderIdentity, leaseDurationSeconds, acquireTime, renewTime === undefined, leaseTransitions])',
      },
    ],
    caughtBy: ['one-holder'],
    withinSeeds: 20,
  },
  {
    name: 'lease-kept-at-the-end',
    breaks: 'A leader that is stopped does not give its lease back: nothing is attached until it has expired.',
    edits: [
      {
        file: election,
        find: 'if (this.#options.releaseOnStop && term.held()) await this.#release();',
        replace: 'if (this.#options.releaseOnStop && !term.held()) await this.#release();',
      },
    ],
    caughtBy: ['lease-given-back'],
    withinSeeds: 10,
  },
  {
    name: 'writes-without-the-lease',
    breaks:
      'Whether the lease is held is not asked before a write goes out: a leader that stood still writes beside the next.',
    edits: [
      {
        file: 'src/attacher/conditional-patch.ts',
        find: '{ subresource, ...whileLeading(term) }',
        replace: '{ subresource, signal: term.signal }',
      },
    ],
    caughtBy: ['acts-under-lease'],
    runs: pausesLeader,
    withinSeeds: 200,
  },
];
