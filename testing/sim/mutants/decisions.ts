import type { Mutant } from './mutant.ts';
import { stripsAttachments } from './runs.ts';

const plan = 'src/attacher/plan.ts';
const memory = 'src/attacher/state/assume-cache.ts';
const controller = 'src/attacher/controller.ts';

/** Mistakes in what is known, and in what is made of it. */
export const decisionMutants: readonly Mutant[] = [
  {
    name: 'stale-cache-after-own-write',
    breaks: 'What the cache shows is believed even if it is older than our own write: a done publish is not seen.',
    edits: [
      {
        file: memory,
        find: 'if (!(compareVersions(object.resourceVersion, known.newest.resourceVersion) <= 0)) known.newest = object;',
        replace: 'known.newest = object;',
      },
    ],
    caughtBy: [
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
    edits: [{ file: plan, find: '  if (!facts.canPublish) return planTrivial(facts);\n', replace: '' }],
    caughtBy: ['converged', 'stop'],
    withinSeeds: 20,
  },
  {
    name: 'change-during-run-lost',
    breaks: 'What others change while an attachment is worked on is not looked at afterwards: it waits for the resync.',
    edits: [
      {
        file: controller,
        find: "    if (operation !== undefined && outcome.kind !== 'fenced') this.#lookAgain(name, outcome.kind, operation);\n",
        replace: '',
      },
    ],
    caughtBy: ['converged', 'served-promptly', 'orphans-unpublished'],
    withinSeeds: 80,
  },
  {
    name: 'gives-up-after-timeout',
    breaks: 'What has taken longer than --volume-attachment-timeout is not tried any more: the volume is stuck.',
    edits: [
      {
        file: controller,
        find: 'const retryMs = this.queue.retry(name, late ? backoff.longest() : undefined);',
        replace: 'const retryMs = late ? backoff.longest() : this.queue.retry(name);',
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
    edits: [{ file: 'src/attacher/list-reconcile.ts', find: '      record.forced = stored.attached;\n', replace: '' }],
    caughtBy: ['converged'],
    withinSeeds: 100,
  },
];
