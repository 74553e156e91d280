import type { SimProcess } from '../../replica/sim-process.ts';
import type { Property } from '../checker.ts';

/**
 * Publish and unpublish calls, and writes to attachments and volumes, are sent only by a process that holds the lease,
 * and holds it still, by true time, at that moment.
 */
export const actsUnderLease: Property = {
  name: 'acts-under-lease',
  make(scene) {
    if (!scene.options.leaderElection) return {};
    const { leadership } = scene;
    const check = (by: SimProcess, what: string): void => {
      if (leadership.leads(by)) return;
      const { holder } = leadership;
      const who =
        holder === undefined ? 'nobody holds' : holder === by ? 'it held, too long ago,' : `${holder.name} holds`;
      scene.broken(`${by.name} sends ${what}, and ${who} the lease`);
    };
    return {
      callSent(by, method) {
        if (/ControllerPublishVolume|ControllerUnpublishVolume/.test(method)) check(by, method);
      },
      requestSent(by, { method, path }) {
        if (method === 'GET' || !/\/(?:volumeattachments|persistentvolumes)\//.test(path)) return;
        check(by, `${method} ${path}`);
      },
    };
  },
};
