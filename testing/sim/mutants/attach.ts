import type { Mutant } from './mutant.ts';
import { deletesVolumes, renamesNodes } from './runs.ts';

const file = 'src/attacher/attach.ts';

const protect = `    await operation.inApi(() =>
      allDone([
        writer.protect(record, request.nodeId, volume.csi.volumeHandle),
        pv === undefined ? Promise.resolve() : pvFinalizer.protect(pv),
      ]),
    );
`;

/** Mistakes on the way of a volume to its node. */
export const attachMutants: readonly Mutant[] = [
  {
    name: 'publish-before-finalizers',
    breaks:
      'The driver is called before the finalizers are durable: an attacher that dies leaves a volume that nobody detaches.',
    edits: [
      { file, find: protect, replace: '' },
      {
        file,
        find: "    record.apply({ type: 'publish-succeeded', context });\n",
        replace: `${protect}    record.apply({ type: 'publish-succeeded', context });\n`,
      },
    ],
    caughtBy: ['finalizer-before-publish'],
    withinSeeds: 10,
  },
  {
    name: 'finalizers-not-awaited',
    breaks: 'The writes of the finalizers are begun but not waited for: the publish may be faster, or they may fail.',
    edits: [
      {
        file,
        find: '    await operation.inApi(() =>\n      allDone([',
        replace: '    void operation.inApi(() =>\n      allDone([',
      },
      {
        file,
        find: '      ]),\n    );\n    assertLeading(term);',
        replace: '      ]),\n    ).catch(() => {});\n    assertLeading(term);',
      },
    ],
    caughtBy: ['finalizer-before-publish'],
    withinSeeds: 10,
  },
  {
    name: 'volume-not-protected',
    breaks: 'Only the attachment gets our finalizer: the PersistentVolume may go while its volume is on a node.',
    edits: [
      { file, find: 'pv === undefined ? Promise.resolve() : pvFinalizer.protect(pv),', replace: 'Promise.resolve(),' },
    ],
    caughtBy: ['finalizer-before-publish'],
    withinSeeds: 10,
  },
  {
    name: 'first-failed-write-forgotten',
    breaks: 'Of two writes side by side, a failed one is not noticed: the volume is published without its finalizer.',
    edits: [{ file, find: "if (result.status === 'rejected') throw result.reason;", replace: 'void result;' }],
    caughtBy: ['finalizer-before-publish'],
    withinSeeds: 10,
  },
  {
    name: 'former-node-left-behind',
    breaks:
      'The node id on the attachment is overwritten while the volume is still on the former node: it stays there for ever.',
    edits: [{ file, find: '    await this.#leaveFormerNode(operation, volume, nodeId);\n', replace: '' }],
    caughtBy: ['gone-means-unpublished', 'converged'],
    withinSeeds: 90,
  },
  {
    name: 'attached-before-publish',
    breaks: 'The attachment is shown as attached before the driver has answered: a pod starts without its volume.',
    edits: [
      {
        file,
        find: "    record.apply({ type: 'publish-sent' });\n",
        replace:
          "    record.apply({ type: 'publish-sent' });\n    await operation.inApi(() => writer.markAttached(record, {}));\n",
      },
    ],
    caughtBy: ['attached-means-published'],
    withinSeeds: 10,
  },
  {
    name: 'publish-deadline-is-success',
    breaks: 'A publish whose answer did not come in time is taken as done: a pod starts without its volume.',
    edits: [
      {
        file,
        find: "migrated: volume.migrated, ...whileLeading(term) }),\n    );\n    record.apply({ type: 'publish-succeeded'",
        replace:
          "migrated: volume.migrated, ...whileLeading(term) }).catch((error) => {\n        if (error.code === Code.DeadlineExceeded) return {};\n        throw error;\n      }),\n    );\n    record.apply({ type: 'publish-succeeded'",
      },
    ],
    caughtBy: ['attached-means-published'],
    withinSeeds: 30,
  },
  {
    name: 'publish-repeated-for-a-write',
    breaks:
      'A publish that succeeded is forgotten if the write of the status fails: the driver is called again for nothing.',
    edits: [
      {
        file,
        find: "    record.apply({ type: 'publish-succeeded', context });\n    await this.recordAttached(operation);\n",
        replace: '    await operation.inApi(() => writer.markAttached(record, context));\n',
      },
    ],
    caughtBy: ['call-not-repeated'],
    withinSeeds: 160,
  },
  {
    name: 'publish-without-secrets',
    breaks: 'A secret that is not there (yet) counts as none: the driver is called without credentials.',
    edits: [
      {
        file,
        find: "        throw new OperationError('SecretNotFound'",
        replace: "        if (secret === '') throw new OperationError('SecretNotFound'",
      },
    ],
    caughtBy: ['right-request'],
    withinSeeds: 20,
  },
  {
    name: 'publish-on-deleting-volume',
    breaks: 'A volume that is marked for deletion is attached all the same: its data may be deleted under the pod.',
    edits: [
      {
        file,
        find: 'if (pv !== undefined && (pv.deletionMs !== undefined || pvFinalizer.released(pv))) throw volumeDeleting(pv.name);',
        replace: 'if (pv !== undefined && pvFinalizer.released(pv)) throw volumeDeleting(pv.name);',
      },
    ],
    caughtBy: ['deleting-volume-refused'],
    runs: deletesVolumes,
    withinSeeds: 30,
  },
  {
    name: 'node-id-rewritten-first',
    breaks:
      'The new node id is written before the volume has left the former node: if that fails, nothing tells where it is.',
    edits: [
      {
        file,
        find: '    await this.#leaveFormerNode(operation, volume, nodeId);\n',
        replace:
          '    const former = formerNodeId(record.newest, nodeId);\n    await this.#options.writer.protect(record, nodeId, volume.csi.volumeHandle);\n    await this.#leaveFormerNode(operation, volume, nodeId, former);\n',
      },
      {
        file,
        find: 'volume: Volume, nodeId: string): Promise<void>',
        replace: 'volume: Volume, nodeId: string, former: string | undefined): Promise<void>',
      },
      { file, find: '    const former = formerNodeId(newest, nodeId);\n', replace: '' },
    ],
    caughtBy: ['gone-means-unpublished', 'converged'],
    runs: renamesNodes,
    withinSeeds: 280,
  },
];
