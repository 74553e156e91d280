import type { Mutant } from './mutant.ts';
import { losesCapability, stripsAttachments } from './runs.ts';

const plan = 'src/attacher/plan.ts';
const state = 'src/attacher/state/attachment-state.ts';
const controller = 'src/attacher/controller.ts';

/** Mistakes in what is known, and in what is made of it. */
export const decisionMutants: readonly Mutant[] = [
  {
    name: 'stale-cache-after-own-write',
    breaks: 'What the cache shows is believed even if it is older than our own write: a done publish is not seen.',
    edits: [
      {
        file: state,
        find: 'return isNewer(event.object, newest) ? withNewest(state, event.object) : state;',
        replace: 'return withNewest(state, event.object);',
      },
    ],
    caughtBy: [
      'nobody-blamed',
      'write-counts',
      'attached-means-published',
      'converged',
      'wanted-stays-published',
      'gone-means-unpublished',
      'call-not-repeated',
    ],
    withinSeeds: 50,
  },
  {
    name: 'missing-finalizer-accepted',
    breaks: 'An attachment that is attached without our finalizer is left so: nobody detaches its volume when it goes.',
    edits: [{ file: plan, find: "  if (!facts.finalizer) return 'attach';\n", replace: '' }],
    caughtBy: ['converged'],
    runs: stripsAttachments,
    withinSeeds: 70,
  },
  {
    name: 'publishes-without-capability',
    breaks: 'A driver that needs no publish is called all the same: its volumes are never attached.',
    edits: [{ file: plan, find: '  if (!facts.canPublish) return planTrivial(state, facts);\n', replace: '' }],
    caughtBy: ['converged', 'stop'],
    withinSeeds: 20,
  },
  {
    name: 'gives-up-after-timeout',
    breaks: 'What has taken longer than --volume-attachment-timeout is not tried any more: the volume is stuck.',
    edits: [
      {
        file: controller,
        find: '    await this.#failureReport.show(record, kind, failure);\n    return result;\n',
        replace:
          "    await this.#failureReport.show(record, kind, failure);\n    return late ? { next: 'drop' } : result;\n",
      },
    ],
    caughtBy: ['converged', 'served-promptly'],
    withinSeeds: 50,
  },
  {
    name: 'foreign-attachments-served',
    breaks: 'Attachments of other drivers are served too.',
    edits: [
      {
        file: 'src/attacher/watches.ts',
        find: 'return (attachment) => attachment.attacher === driver;',
        replace: "return (attachment) => driver !== '' || attachment.attacher === driver;",
      },
    ],
    caughtBy: ['only-our-fields'],
    withinSeeds: 10,
  },
  {
    name: 'lists-not-compared',
    breaks: "What the driver's lists lack is not published anew: a pod has lost its volume, and nobody sees it.",
    edits: [
      {
        file: 'src/attacher/list-reconcile.ts',
        find: "      if (stored.attached) record.apply({ type: 'found-missing' });\n",
        replace: '',
      },
    ],
    caughtBy: ['converged'],
    withinSeeds: 100,
  },
  {
    name: 'lost-capability-lets-go',
    breaks: 'What was published is let go because a driver says, after a faulty start, that it cannot publish.',
    edits: [
      {
        file: plan,
        find: 'const wasPublished = facts.finalizer && ',
        replace: 'const wasPublished = !facts.finalizer && ',
      },
    ],
    caughtBy: ['gone-means-unpublished'],
    runs: losesCapability,
    withinSeeds: 60,
  },
];
