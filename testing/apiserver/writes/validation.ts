import { type Cause, field, invalid } from '../errors.ts';
import type { KubeObject } from '../object.ts';
import type { Resource } from '../registry.ts';
import { finalizerNameErrors, finalizerOwnerErrors, metadataErrors } from '../strategies/names.ts';

/** Throws ApiError (422) unless a new object may be stored. */
export function validateCreate(resource: Resource, object: KubeObject): void {
  refuse(resource, object, objectErrors(resource, object));
}

/** Throws ApiError (422) unless `object` may take the place of `old`. */
export function validateUpdate(resource: Resource, object: KubeObject, old: KubeObject): void {
  refuse(resource, object, [
    ...immutableErrors(object, old),
    // Once more than in objectErrors: the server checks these twice on an update, and lists them twice.
    ...finalizerNameErrors(object.metadata),
    ...objectErrors(resource, object),
    ...resource.strategy.validateUpdate(object, old),
    ...newFinalizerErrors(object, old),
  ]);
}

function objectErrors(resource: Resource, object: KubeObject): Cause[] {
  const { strategy } = resource;
  const causes = metadataErrors(object.metadata, strategy.nameRule);
  if (strategy.checksFinalizerOwners) causes.push(...finalizerOwnerErrors(object.metadata));
  causes.push(...strategy.validate(object));
  return causes;
}

function refuse(resource: Resource, object: KubeObject, causes: readonly Cause[]): void {
  if (causes.length > 0) throw invalid(resource.byKind, object.metadata.name, causes);
}

const immutable = ['name', 'namespace', 'uid', 'creationTimestamp'] as const;

function immutableErrors(object: KubeObject, old: KubeObject): Cause[] {
  return immutable
    .filter((name) => (object.metadata[name] ?? '') !== (old.metadata[name] ?? ''))
    .map((name) => field.invalid(`metadata.${name}`, object.metadata[name], 'field is immutable'));
}

function newFinalizerErrors(object: KubeObject, old: KubeObject): Cause[] {
  if (old.metadata.deletionTimestamp === undefined) return [];
  const before = old.metadata.finalizers ?? [];
  const added = (object.metadata.finalizers ?? []).filter((finalizer) => !before.includes(finalizer));
  if (added.length === 0) return [];
  const list = `[]string{${added.map((finalizer) => JSON.stringify(finalizer)).join(', ')}}`;
  const rule = `no new finalizers can be added if the object is being deleted, found new finalizers ${list}`;
  return [field.forbidden('metadata.finalizers', rule)];
}
