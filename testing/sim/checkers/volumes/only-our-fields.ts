import { deepEqual, type JsonObject, type KubeObject } from '../../../apiserver/object.ts';
import { driverName, ourFinalizer, specOf } from '../../cluster/cluster.ts';
import type { StoredWrite } from '../../cluster/stored-write.ts';
import type { Property } from '../checker.ts';

const ourAnnotations = ['csi.alpha.kubernetes.io/node-id', 'csi-attacher/volume-handle'];
const ourStatus = ['attached', 'attachmentMetadata', 'attachError', 'detachError'];

/** The attacher changes our finalizer, our annotations and our status on our own objects, and nothing else. */
export const onlyOurFields: Property = {
  name: 'only-our-fields',
  make(scene) {
    return {
      stored(write) {
        const { plural, event, by } = write;
        if (typeof by === 'string' || plural === 'leases') return;
        const { name } = event.version.object.metadata;
        if (plural === 'csinodes' || plural === 'secrets' || event.previous === undefined) {
          return scene.broken(`${by.name} writes ${plural}/${name}`);
        }
        const changed = foreignChange(write, event.previous.object);
        if (changed !== undefined) scene.broken(`${by.name} changes ${changed} of ${plural}/${name}`);
      },
    };
  },
};

function foreignChange({ plural, event }: StoredWrite, before: KubeObject): string | undefined {
  const after = event.version.object;
  if (event.type === 'DELETED' && others(before).length > 0) return 'finalizers of others';
  if (plural === 'volumeattachments' && specOf(before).attacher !== driverName) return 'what belongs to another driver';
  if (!deepEqual(before.spec, after.spec)) return 'spec';
  if (!deepEqual(before.metadata.labels, after.metadata.labels)) return 'labels';
  if (!deepEqual(others(before), others(after))) return 'finalizers of others';
  const ours = plural === 'volumeattachments' ? ourAnnotations : [];
  if (!deepEqual(without(before.metadata.annotations, ours), without(after.metadata.annotations, ours))) {
    return 'annotations of others';
  }
  const fields = plural === 'volumeattachments' ? ourStatus : [];
  const status = (object: KubeObject) => without(object.status as JsonObject | undefined, fields);
  return deepEqual(status(before), status(after)) ? undefined : 'status of others';
}

function others({ metadata }: KubeObject): readonly string[] {
  return (metadata.finalizers ?? []).filter((finalizer) => finalizer !== ourFinalizer);
}

function without(fields: JsonObject | undefined, left: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(fields ?? {}).filter(([name]) => !left.includes(name)));
}
