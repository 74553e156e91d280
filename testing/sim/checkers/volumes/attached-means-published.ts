import { driverName, specOf, statusOf } from '../../cluster/cluster.ts';
import type { Property } from '../checker.ts';
import { handleOf, isProtected } from '../facts.ts';
import { nodeIdOf } from '../publications.ts';

/**
 * `attached` becomes true only while the last that the driver did for us with volume and node is a publish: no unpublish
 * came after it. What was detached behind our back is not seen by that; list-reconcile deals with it.
 */
export const attachedMeansPublished: Property = {
  name: 'attached-means-published',
  make(scene) {
    const canPublish = scene.options.driver.capabilities.includes('PUBLISH_UNPUBLISH_VOLUME');
    // A driver that says that it needs no publish has its attachments shown as attached without one.
    const losesIt = scene.options.script.some(({ kind }) => kind === 'lose capability');
    return {
      stored({ plural, event, by }) {
        if (!canPublish || plural !== 'volumeattachments' || typeof by === 'string' || event.type === 'DELETED') return;
        const { object } = event.version;
        if (specOf(object).attacher !== driverName || !statusOf(object).attached) return;
        if (losesIt && !isProtected(object)) return;
        if (event.previous !== undefined && statusOf(event.previous.object).attached) return;
        const { name } = object.metadata;
        const nodeId = nodeIdOf(object);
        const handle = handleOf(scene, object);
        if (nodeId === undefined || handle === undefined) {
          return scene.broken(`${by.name} says that ${name} is attached, and nothing says where`);
        }
        if (!scene.publications.of(handle, nodeId).published) {
          scene.broken(`${by.name} says that ${name} is attached, and ${handle} is not on ${nodeId}`);
        }
      },
    };
  },
};
