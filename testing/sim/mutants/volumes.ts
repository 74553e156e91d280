import type { Mutant } from './mutant.ts';

const controller = 'src/attacher/volume-controller.ts';
const triggers = 'src/attacher/event-handlers.ts';

/** Mistakes about our finalizer on PersistentVolumes. */
export const volumeMutants: readonly Mutant[] = [
  {
    name: 'volume-let-go-while-needed',
    breaks:
      'A volume that is to go loses our finalizer while attachments name it: it is deleted while it is on a node.',
    edits: [{ file: controller, find: 'if (holders.length > 0) {', replace: 'if (holders.length > 1000) {' }],
    caughtBy: ['volume-kept-while-needed'],
    withinSeeds: 20,
  },
  {
    name: 'volume-never-let-go',
    breaks: 'Our finalizer stays on volumes that are to go: they hang in Terminating for ever.',
    edits: [
      {
        file: 'src/attacher/pv-finalizer.ts',
        find: 'return this.has(volume) && (volume.deletionMs !== undefined || shouldReleaseFinalizer(volume, this.#driver));',
        replace: 'return this.has(volume) && shouldReleaseFinalizer(volume, this.#driver);',
      },
    ],
    caughtBy: ['converged', 'served-promptly'],
    withinSeeds: 20,
  },
  {
    name: 'volume-not-woken-by-last-detach',
    breaks: 'A volume that is to go is not looked at when its last attachment has gone: it waits for the resync.',
    edits: [
      {
        file: triggers,
        find: '    if (object.persistentVolumeName !== undefined) volumeQueue.wake(object.persistentVolumeName);\n',
        replace: '    void volumeQueue;\n',
      },
    ],
    caughtBy: ['converged', 'served-promptly'],
    withinSeeds: 20,
  },
  {
    name: 'index-never-emptied',
    breaks: 'Attachments that have gone stay in the index: memory grows, and their volumes never go.',
    edits: [
      {
        file: 'src/attacher/state/attachment-index.ts',
        find: '    this.#byVolume.remove(attachment.persistentVolumeName, attachment.name);\n',
        replace: '',
      },
    ],
    caughtBy: ['converged', 'served-promptly'],
    withinSeeds: 20,
  },
];
