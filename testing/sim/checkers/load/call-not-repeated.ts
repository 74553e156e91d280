import type { KubeObject } from '../../../apiserver/object.ts';
import { specOf, statusOf } from '../../cluster/cluster.ts';
import type { SimProcess } from '../../replica/sim-process.ts';
import type { Property } from '../checker.ts';
import { attachmentsAt, isProtected } from '../facts.ts';
import { millisecondsOf } from '../flags.ts';
import { nodeIdOf } from '../publications.ts';
import { Terms } from '../terms.ts';

interface Success {
  readonly by: SimProcess;
  readonly term: number;
  /** UID of the attachment that it was for. */
  readonly uid: string;
}

/** An answer that comes this shortly before the caller's deadline may come after it. */
const closeMs = 1_000;

/**
 * A call that has succeeded is not made again in the same term: neither because the write after it failed (only that is
 * repeated), nor because a cache does not show it yet. Unless something says that it is to be repeated.
 */
export const callNotRepeated: Property = {
  name: 'call-not-repeated',
  make(scene) {
    const timeoutMs = millisecondsOf(scene.options.flags, 'timeout');
    const terms = new Terms();
    const hasLists = scene.options.driver.capabilities.includes('LIST_VOLUMES_PUBLISHED_NODES');
    /** By method, volume and node. */
    const successes = new Map<string, Success>();
    const begun = new Map<number, { key: string; atMs: number; isDeleting: boolean }>();

    /** A node that was made anew is left before its attachment goes, and perhaps once more then. */
    const isFirstMachine = (nodeId: string): boolean =>
      scene.cluster.nodes.some(({ id, generation }) => id === nodeId && generation === 1);

    /** Something says that the volume is to be published although it was: a list may, an error, or a finalizer that is off. */
    function mayBeRepeated(before: KubeObject | undefined, after: KubeObject): boolean {
      const { attached, attachError } = statusOf(after);
      if (!attached) return before !== undefined && statusOf(before).attached;
      return hasLists || attachError !== undefined || !isProtected(after);
    }

    return {
      logged: (by, line) => terms.take(by, line),
      driverLost: () => successes.clear(),
      stored({ plural, event }) {
        if (plural !== 'volumeattachments') return;
        const { object } = event.version;
        if (!mayBeRepeated(event.previous?.object, object)) return;
        const volume = scene.cluster.volumeNamed(specOf(object).source.persistentVolumeName);
        const key = `ControllerPublishVolume ${volume?.handle} ${nodeIdOf(object)}`;
        successes.delete(key);
        for (const [call, start] of begun) if (start.key === key) begun.delete(call);
      },
      driver({ method, phase, call, volumeId, nodeId, by, calledOff, code }) {
        if (nodeId === '' || calledOff) return;
        const key = `${method} ${volumeId} ${nodeId}`;
        if (phase === 'given up') begun.delete(call);
        const [attachment] = attachmentsAt(scene, volumeId, nodeId);
        if (attachment === undefined || !isFirstMachine(nodeId)) return;
        const { uid, deletionTimestamp } = attachment.metadata;
        const isDeleting = deletionTimestamp !== undefined;
        if (phase === 'start') {
          // Without our finalizer it will be asked once more, when that is back.
          if (isProtected(attachment)) begun.set(call, { key, atMs: scene.nowMs, isDeleting });
          const success = successes.get(key);
          successes.delete(key);
          if (success === undefined || success.uid !== uid || success.by !== by) return;
          if (method === 'ControllerPublishVolume' && hasLists && statusOf(attachment).attached) return;
          if (success.term === terms.of(by)) scene.broken(`${by.name} repeats ${key}, which has succeeded`);
        }
        const start = begun.get(call);
        if (phase !== 'end' || start === undefined) return;
        begun.delete(call);
        if (code !== 'OK' || by.state !== 'running' || scene.nowMs > start.atMs + timeoutMs - closeMs) return;
        if (method === 'ControllerUnpublishVolume' && !start.isDeleting) return;
        successes.set(key, { by, term: terms.of(by), uid });
      },
    };
  },
};
