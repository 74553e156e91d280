import type { Lease } from '../api/objects.ts';
import { metaFromJson } from './meta.ts';
import { asNumber, asObject, asString, asTime, stringRecord } from './values.ts';

/** coordination.k8s.io/v1 Lease. */
export function leaseFromJson(value: unknown): Lease {
  const object = asObject(value);
  const metadata = asObject(object.metadata);
  const spec = asObject(object.spec);
  const meta = metaFromJson(metadata);
  return {
    name: meta.name,
    namespace: meta.namespace,
    uid: meta.uid,
    resourceVersion: meta.resourceVersion,
    creationMs: meta.creationMs,
    deletionMs: meta.deletionMs,
    finalizers: meta.finalizers,
    labels: stringRecord(metadata.labels, 'own'),
    holderIdentity: asString(spec.holderIdentity),
    leaseDurationSeconds: asNumber(spec.leaseDurationSeconds),
    acquireTimeMs: asTime(spec.acquireTime),
    renewTimeMs: asTime(spec.renewTime),
    leaseTransitions: asNumber(spec.leaseTransitions),
    sent: { metadata, spec },
  };
}
