import { Code } from '../../../src/csi/errors.ts';
import type { Mutant } from './mutant.ts';
import { refusesUnpublish, renamesNodes } from './runs.ts';

const file = 'src/attacher/detach.ts';
const reconciler = 'src/attacher/reconciler.ts';

const unpublishCatch = `        if (!isUnknownNode(error)) throw error;
`;

/** An unpublish that ended with this code is taken as done. */
function takenAsDone(code: keyof typeof Code, breaks: string, withinSeeds: number): Mutant {
  return {
    name: `unpublish-${code.replace(/(?<!^)[A-Z]/g, (letter) => `-${letter}`).toLowerCase()}-is-success`,
    breaks: `${breaks}: the volume stays on the node, and nobody knows.`,
    edits: [
      {
        file,
        find: unpublishCatch,
        replace: `        if ((error as { code?: number }).code === ${Code[code]}) continue;\n${unpublishCatch}`,
      },
    ],
    caughtBy: ['gone-means-unpublished', 'attached-means-published'],
    runs: refusesUnpublish(Code[code]),
    withinSeeds,
  };
}

/** Mistakes on the way of a volume from its node. */
export const detachMutants: readonly Mutant[] = [
  {
    name: 'finalizer-off-before-unpublish',
    breaks:
      'The attachment is let go first: if the unpublish fails then, the volume stays on the node, and nobody knows.',
    edits: [
      {
        file,
        find: "    await this.#unpublishAs(operation, record.newest);\n    record.apply({ type: 'unpublish-succeeded' });",
        replace:
          "    await this.release(operation);\n    await this.#unpublishAs(operation, record.newest);\n    record.apply({ type: 'unpublish-succeeded' });",
      },
    ],
    caughtBy: ['gone-means-unpublished'],
    withinSeeds: 10,
  },
  {
    name: 'unpublish-not-awaited',
    breaks: 'The attachment is let go while its unpublish is still going on, or may fail.',
    edits: [
      {
        file,
        find: '    await this.#unpublishAs(operation, record.newest);\n    record.apply',
        replace: '    void this.#unpublishAs(operation, record.newest).catch(() => {});\n    record.apply',
      },
    ],
    caughtBy: ['gone-means-unpublished'],
    withinSeeds: 10,
  },
  takenAsDone(
    'NotFound',
    'An unpublish that the driver refuses with NotFound is taken as done, as the first attachers did',
    20,
  ),
  takenAsDone('DeadlineExceeded', 'An unpublish that is not answered in time is taken as done', 20),
  takenAsDone('Unavailable', 'An unpublish during which the driver went away is taken as done', 20),
  takenAsDone('Aborted', 'An unpublish that the driver refuses because another call is under way is taken as done', 20),
  takenAsDone(
    'Internal',
    'An unpublish that ended with some final error is taken as done, as attachers before 2.0 did',
    20,
  ),
  {
    name: 'never-attached-never-unpublished',
    breaks: 'What was never shown as attached is not unpublished: a publish whose answer was lost is never undone.',
    edits: [
      {
        file: reconciler,
        find: "      case 'detach':\n        await detach.run(operation);",
        replace:
          "      case 'detach':\n        if (!operation.record.newest.attached) {\n          await detach.release(operation);\n          return { kind: 'done', operation: 'detach' };\n        }\n        await detach.run(operation);",
      },
    ],
    caughtBy: ['gone-means-unpublished'],
    withinSeeds: 10,
  },
  {
    name: 'detach-by-present-node-id',
    breaks:
      "A detach goes to the node's present id, as the Go attacher's does: a node that was made anew keeps the volume under its former id.",
    edits: [
      { file, find: 'const ids = [published, present].filter', replace: 'const ids = [present ?? published].filter' },
    ],
    caughtBy: ['gone-means-unpublished'],
    withinSeeds: 290,
  },
  {
    name: 'no-second-node-id',
    breaks:
      'A driver that does not know the former id of a node is asked about nothing else: the attachment never goes.',
    edits: [
      { file, find: 'const ids = [published, present].filter', replace: 'const ids = [published ?? present].filter' },
    ],
    caughtBy: ['converged'],
    withinSeeds: 180,
  },
  {
    name: 'second-node-id-for-any-error',
    breaks:
      'After any error the other id of the node is tried, which succeeds for nothing: the volume stays under the first.',
    edits: [{ file, find: unpublishCatch, replace: '        if (!(error instanceof Error)) throw error;\n' }],
    caughtBy: ['gone-means-unpublished'],
    runs: renamesNodes,
    withinSeeds: 160,
  },
  {
    name: 'no-detach-without-volume',
    breaks: 'Without its PersistentVolume nothing is detached, as with the Go attacher: the attachment stays for ever.',
    edits: [
      {
        file,
        find: 'const remembered = attachment.annotations[volumeHandleAnnotation];',
        replace: 'const remembered: string | undefined = undefined as string | undefined;',
      },
    ],
    caughtBy: ['converged', 'served-promptly'],
    withinSeeds: 100,
  },
  {
    name: 'no-detach-without-secret',
    breaks: 'Without its secret nothing is detached, as with the Go attacher: the attachment stays for ever.',
    edits: [
      {
        file,
        find: "      logger.warning('Secret for the unpublish call not found",
        replace:
          "      if (secret !== '') throw new OperationError('SecretNotFound', 'no secret');\n      logger.warning('Secret for the unpublish call not found",
      },
    ],
    caughtBy: ['converged', 'served-promptly'],
    withinSeeds: 30,
  },
  {
    name: 'detached-not-shown',
    breaks: 'An attachment that somebody else keeps is shown as attached after its detach: others wait for its volume.',
    edits: [
      {
        file,
        find: '    if (!gone) await operation.inApi(() => writer.markDetached(operation.record));\n',
        replace: '    void gone;\n',
      },
    ],
    caughtBy: ['nobody-blamed', 'served-promptly'],
    withinSeeds: 50,
  },
  {
    name: 'unpublish-repeated-for-a-write',
    breaks:
      'An unpublish that succeeded is forgotten if the write after it fails: the driver is called again for nothing.',
    edits: [{ file, find: "    record.apply({ type: 'unpublish-succeeded' });\n", replace: '' }],
    caughtBy: ['call-not-repeated'],
    withinSeeds: 160,
  },
  {
    name: 'orphans-forgotten',
    breaks: 'An attachment whose finalizer somebody took off is forgotten with it: its volume stays on the node.',
    edits: [
      {
        file: 'src/attacher/controller.ts',
        find: '    return memory.addOrphan(record.newest);\n',
        replace: '    void memory;\n    return undefined;\n',
      },
    ],
    caughtBy: ['orphans-unpublished'],
    withinSeeds: 220,
  },
];
