import type { Mutant } from './mutant.ts';
import { failingDriver, meddles } from './runs.ts';

const writer = 'src/attacher/writer.ts';
const pvFinalizer = 'src/attacher/pv-finalizer.ts';
const patch = 'src/attacher/conditional-patch.ts';
const state = 'src/attacher/state/attachment-state.ts';
const errorWrites = 'src/attacher/error-writes.ts';

/** Mistakes in what is written to attachments and volumes. */
export const writeMutants: readonly Mutant[] = [
  {
    name: 'writes-without-version',
    breaks: 'Writes carry the UID alone: one that was decided on an old list of finalizers takes off those of others.',
    edits: [
      {
        file: patch,
        find: 'metadata: { uid, resourceVersion, ...change.body.metadata }',
        replace:
          "metadata: { uid, ...(subresource === undefined && resource.kind === 'VolumeAttachment' ? {} : { resourceVersion }), ...change.body.metadata }",
      },
    ],
    caughtBy: ['only-our-fields', 'gone-means-unpublished'],
    withinSeeds: 10,
  },
  {
    name: 'finalizer-list-overwritten',
    breaks: 'Our finalizer replaces those of others on the attachment, which may go before they allow it.',
    edits: [
      {
        file: writer,
        find: 'finalizers: [...object.finalizers, this.#finalizer]',
        replace: 'finalizers: [this.#finalizer]',
      },
    ],
    caughtBy: ['only-our-fields'],
    withinSeeds: 10,
  },
  {
    name: 'all-finalizers-taken-off',
    breaks: 'After a detach the finalizers of others go with ours.',
    edits: [
      {
        file: writer,
        find: 'metadata: { finalizers: finalizers.length > 0 ? finalizers : null } },\n          lost: (answer) => finalizerLost(answer.finalizers, this.#finalizer, false),',
        replace:
          'metadata: { finalizers: null } },\n          lost: (answer) => finalizerLost(answer.finalizers, this.#finalizer, false),',
      },
    ],
    caughtBy: ['only-our-fields'],
    withinSeeds: 10,
  },
  {
    name: 'volume-finalizers-overwritten',
    breaks: 'Our finalizer replaces the protection of the PersistentVolume, which may go while a pod uses it.',
    edits: [{ file: pvFinalizer, find: '[...current.finalizers, this.#finalizer]', replace: '[this.#finalizer]' }],
    caughtBy: ['only-our-fields'],
    withinSeeds: 10,
  },
  {
    name: 'volume-writes-without-version',
    breaks: "Writes to volumes carry no version, as the Go attacher's before 4.12: finalizers of others get lost.",
    edits: [
      {
        file: patch,
        find: 'metadata: { uid, resourceVersion, ...change.body.metadata }',
        replace:
          "metadata: { uid, ...(resource.kind === 'VolumeAttachment' ? { resourceVersion } : {}), ...change.body.metadata }",
      },
    ],
    caughtBy: ['only-our-fields'],
    withinSeeds: 20,
  },
  {
    name: 'lost-answer-is-done',
    breaks: 'A write whose answer was lost is taken as done: the volume is published without a finalizer.',
    edits: [
      { file: patch, find: 'isInvalid, isNotFound } from', replace: 'isInvalid, isNotFound, KubeError } from' },
      {
        file: patch,
        find: '      if (isNotFound(error)) throw new ObjectGone',
        replace:
          "      if (resource.kind === 'VolumeAttachment' && error instanceof KubeError && error.sent) return;\n      if (isNotFound(error)) throw new ObjectGone",
      },
    ],
    caughtBy: ['finalizer-before-publish', 'gone-means-unpublished'],
    withinSeeds: 90,
  },
  {
    name: 'volume-lost-answer-is-done',
    breaks:
      'A write to a PersistentVolume whose answer was lost is taken as done: the volume is published without its finalizer.',
    edits: [
      { file: patch, find: 'isInvalid, isNotFound } from', replace: 'isInvalid, isNotFound, KubeError } from' },
      {
        file: patch,
        find: '      if (isNotFound(error)) throw new ObjectGone',
        replace:
          "      if (resource.kind === 'PersistentVolume' && error instanceof KubeError && error.sent) return;\n      if (isNotFound(error)) throw new ObjectGone",
      },
    ],
    caughtBy: ['finalizer-before-publish', 'volume-kept-while-needed', 'converged'],
    withinSeeds: 10,
  },
  {
    name: 'vanished-attachment-is-written',
    breaks: 'A write to an attachment that has gone counts as done: its volume is published, and nothing tells of it.',
    edits: [
      {
        file: patch,
        find: '      if (isNotFound(error)) throw new ObjectGone(resource.kind, name, uid);\n',
        replace: '      if (isNotFound(error)) return;\n',
      },
    ],
    caughtBy: ['finalizer-before-publish', 'gone-means-unpublished', 'converged'],
    withinSeeds: 80,
  },
  {
    name: 'own-write-not-remembered',
    breaks: 'What our own write returned is not kept: the next decision is made on an older picture.',
    edits: [
      {
        file: state,
        find: '(isOlder(event.object, newest) ? state : withNewest(state, event.object))',
        replace: 'state',
      },
    ],
    caughtBy: [
      'nobody-blamed',
      'write-counts',
      'converged',
      'served-promptly',
      'attached-means-published',
      'call-not-repeated',
    ],
    withinSeeds: 50,
  },
  {
    name: 'error-not-cleared',
    breaks: 'The error of a former try stays in the status after the attach has succeeded.',
    edits: [
      {
        file: writer,
        find: '            ...(attachError === undefined ? {} : { attachError: null }),\n',
        replace: '',
      },
      { file: writer, find: '  return errorLost(answer, error);', replace: '  return undefined;' },
    ],
    caughtBy: ['converged', 'events', 'call-not-repeated', 'no-storms'],
    withinSeeds: 10,
  },
  {
    name: 'error-written-every-time',
    breaks:
      'Each failed try writes its error with a new time: every retry of every volume is a write that the whole cluster hears.',
    edits: [
      {
        file: errorWrites,
        find: '    if (last !== undefined && last.text === text && now - last.atMs < repeatAfterMs) return;\n',
        replace: '',
      },
      {
        file: errorWrites,
        find: 'this.#clock.now() - shown.timeMs < repeatAfterMs) return;',
        replace: 'this.#clock.now() < shown.timeMs) return;',
      },
    ],
    caughtBy: ['errors-not-repeated'],
    withinSeeds: 20,
  },
  {
    name: 'own-error-is-a-change',
    breaks: 'An error that we write wakes its attachment, as with the Go attacher before 3.4: there is no backoff.',
    edits: [
      {
        file: 'src/attacher/event-handlers.ts',
        find: '    const before = record.newest;\n',
        replace: '    const before = old ?? record.newest;\n',
      },
      { file: 'src/attacher/event-handlers.ts', find: '    if (record.newest !== object) return;\n', replace: '' },
      {
        file: 'src/attacher/state/attachment-record.ts',
        find: '    before.attached !== after.attached ||\n',
        replace:
          '    before.attached !== after.attached ||\n    before.attachError?.timeMs !== after.attachError?.timeMs ||\n    before.detachError?.timeMs !== after.detachError?.timeMs ||\n',
      },
    ],
    caughtBy: ['backoff-kept'],
    runs: failingDriver,
    withinSeeds: 240,
  },
  {
    name: 'write-believed-accepted',
    breaks:
      'A write that was accepted and not kept counts as done: a webhook has volumes published without a finalizer.',
    edits: [
      {
        file: patch,
        find: '    if (lost !== undefined) throw notKept(',
        replace: '    if (lost === name) throw notKept(',
      },
    ],
    caughtBy: ['finalizer-before-publish', 'attached-means-published', 'gone-means-unpublished', 'no-storms'],
    runs: meddles,
    withinSeeds: 60,
  },
];
