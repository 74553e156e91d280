import { driverName, specOf } from '../../cluster/cluster.ts';
import type { Property } from '../checker.ts';

/** Requests that change something, for one attachment in all its life, and for one volume in all of its. */
const most = { metadata: 2, status: 1, volume: 2, publish: 1, unpublish: 1 };
/** One more for attachments that somebody else keeps after their detach. */
const mostGuarded = { status: 2 };

/**
 * Without faults an attach takes two writes and one more the first time for its volume, a detach one, and each one
 * call. Nothing is written that changes nothing.
 */
export const writeCounts: Property = {
  name: 'write-counts',
  make(scene) {
    if (scene.options.focus !== 'quiet') return {};
    const counts = new Map<string, number>();
    const limits = new Map<string, number>();

    function count(by: string, what: string, limit: number): void {
      const seen = (counts.get(what) ?? 0) + 1;
      counts.set(what, seen);
      if (seen > (limits.get(what) ?? limit)) scene.broken(`${by} sends the ${seen}th ${what}`);
    }

    /** UID of the attachment that is or was last there, by volume and node. */
    const uids = new Map<string, string>();
    /** Names of attachments with somebody else's finalizer. */
    const guarded = new Set<string>();

    return {
      stored({ plural, event }) {
        if (plural !== 'volumeattachments' || event.type !== 'ADDED') return;
        const { object } = event.version;
        const { attacher, nodeName, source } = specOf(object);
        if (attacher !== driverName) return;
        const volume = scene.cluster.volumeNamed(source.persistentVolumeName);
        const node = scene.cluster.nodes.find(({ name }) => name === nodeName);
        uids.set(`${volume?.handle} ${node?.id}`, object.metadata.uid);
        uids.set(object.metadata.name, object.metadata.uid);
        if (volume?.guarded === true) guarded.add(object.metadata.name);
      },
      served({ by, method, path, status, wrote }) {
        // What loses against somebody else's write is none.
        if (typeof by === 'string' || method !== 'PATCH' || status >= 300) return;
        const [, plural, name = '', subresource] =
          /\/(volumeattachments|persistentvolumes)\/([^/?]+)(\/status)?/.exec(path) ?? [];
        if (plural === undefined) return;
        if (!wrote) scene.broken(`${by.name} writes ${name}, and nothing changes`);
        if (plural === 'persistentvolumes') count(by.name, `write of volume ${name}`, most.volume);
        else if (subresource !== undefined)
          count(by.name, `write of status ${uids.get(name)}`, guarded.has(name) ? mostGuarded.status : most.status);
        else count(by.name, `write of metadata ${uids.get(name)}`, most.metadata);
      },
      driver({ method, phase, volumeId, nodeId, by }) {
        if (phase !== 'start' || nodeId === '') return;
        const uid = uids.get(`${volumeId} ${nodeId}`);
        if (method === 'ControllerPublishVolume') count(by.name, `publish for ${uid}`, most.publish);
        if (method === 'ControllerUnpublishVolume') count(by.name, `unpublish for ${uid}`, most.unpublish);
      },
    };
  },
};
