/** Delete one object or many: marked first if it has finalizers, gone at once if not. */
import type { Clock } from '../../../src/base/clock.ts';
import { conflict, forbidden, notFound } from '../errors.ts';
import { child, type JsonObject, type KubeObject, orderedMetadata, text, timestamp } from '../object.ts';
import { namespaces, type Resource, storedResources } from '../registry.ts';
import { viewOf } from '../storage/encodings.ts';
import { keyOf, type Store, type Version } from '../storage/store.ts';
import { type Body, decodeBody } from './bodies.ts';
import { isDryRun, type Target, type Writer, type Written } from './writes.ts';

/** Namespaces that a cluster cannot be without. */
const permanent = ['default', 'kube-system', 'kube-public'];

export class Deleter {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #writer: Writer;

  constructor(options: { store: Store; clock: Clock; writer: Writer }) {
    this.#store = options.store;
    this.#clock = options.clock;
    this.#writer = options.writer;
    for (const resource of storedResources) this.#watchNamespaceOf(resource);
  }

  /** Throws ApiError. */
  delete(target: Target, body: Body): Written {
    const { resource } = target;
    const options = body.bytes === undefined || body.bytes.length === 0 ? {} : decodeBody(body, 'DeleteOptions');
    const current = this.#store.collection(resource.storedAs).get(keyOf(target.namespace, target.name));
    if (current === undefined) throw notFound(resource.byPlural, target.name);
    checkPreconditions(resource, current, child(options, 'preconditions'));
    if (isDryRun(target)) return { status: 200, object: viewOf(resource, current), warnings: [] };
    return this.#remove(resource, current);
  }

  /** Deletes all of `versions`. Returns them as they stood. */
  deleteAll(resource: Resource, versions: readonly Version[]): readonly Version[] {
    for (const version of versions) this.#remove(resource, version);
    return versions;
  }

  #remove(resource: Resource, current: Version): Written {
    if (resource.kind === 'Namespace' && resource.group === '') return this.#removeNamespace(resource, current);
    const finalizers = current.object.metadata.finalizers ?? [];
    if (finalizers.length > 0) return { status: 200, version: this.#mark(resource, current), warnings: [] };
    return this.#removeNow(resource, current);
  }

  #removeNow(resource: Resource, current: Version): Written {
    const last = this.#store.collection(resource.storedAs).remove(current.key) ?? current;
    this.#writer.forget(current.object.metadata.uid);
    if (resource.strategy.returnsDeleted) return { status: 200, version: last, warnings: [] };
    return { status: 200, object: success(resource, current.object), warnings: [] };
  }

  /** Sets deletionTimestamp, unless it is set already. */
  #mark(resource: Resource, current: Version): Version {
    if (current.object.metadata.deletionTimestamp !== undefined) return current;
    const marked = markedObject(current.object, timestamp(this.#clock.now()));
    return this.#store.collection(resource.storedAs).put(current.key, marked);
  }

  #removeNamespace(resource: Resource, current: Version): Written {
    const { name } = current.object.metadata;
    if (permanent.includes(name)) throw forbidden(resource.byPlural, name, 'this namespace may not be deleted');
    const marked = markedObject(current.object, timestamp(this.#clock.now()));
    marked.status = { ...child(marked, 'status'), phase: 'Terminating' };
    const collection = this.#store.collection(resource.storedAs);
    const isMarked = current.object.metadata.deletionTimestamp !== undefined;
    const terminating = isMarked ? current : collection.put(current.key, marked);
    for (const each of storedResources) {
      if (each.namespaced) this.deleteAll(each, this.#contentOf(each, name));
    }
    this.#finishNamespace(name);
    return { status: 200, version: terminating, warnings: [] };
  }

  #contentOf(resource: Resource, namespace: string): Version[] {
    const prefix = `${namespace}/`;
    return [...this.#store.collection(resource.storedAs).values()].filter((each) => each.key.startsWith(prefix));
  }

  /** A namespace that is being deleted goes with the last object in it. */
  #watchNamespaceOf(resource: Resource): void {
    if (!resource.namespaced) return;
    this.#store.collection(resource.storedAs).subscribe((event) => {
      if (event.type === 'DELETED') this.#finishNamespace(event.version.object.metadata.namespace ?? '');
    });
  }

  #finishNamespace(name: string): void {
    const collection = this.#store.collection(namespaces.storedAs);
    if (collection.get(name)?.object.metadata.deletionTimestamp === undefined) return;
    const isEmpty = storedResources.every((each) => !each.namespaced || this.#contentOf(each, name).length === 0);
    if (isEmpty) collection.remove(name);
  }
}

function markedObject(object: KubeObject, now: string): KubeObject {
  const metadata = orderedMetadata({
    ...object.metadata,
    deletionTimestamp: now,
    deletionGracePeriodSeconds: 0,
  });
  return { ...object, metadata };
}

function success(resource: Resource, object: KubeObject): JsonObject {
  const { name, uid } = object.metadata;
  const group = resource.group === '' ? {} : { group: resource.group };
  const details = { name, ...group, kind: resource.plural, uid };
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details };
}

function checkPreconditions(resource: Resource, current: Version, preconditions: JsonObject): void {
  const { uid, resourceVersion, name } = current.object.metadata;
  const askedUid = text(preconditions, 'uid');
  if (askedUid !== '' && askedUid !== uid) {
    const why = `the UID in the precondition (${askedUid}) does not match the UID in record (${uid}). The object might have been deleted and then recreated`;
    throw conflict(resource.byKind, name, why);
  }
  const askedVersion = text(preconditions, 'resourceVersion');
  if (askedVersion !== '' && askedVersion !== resourceVersion) {
    const why = `the ResourceVersion in the precondition (${askedVersion}) does not match the ResourceVersion in record (${resourceVersion}). The object might have been modified`;
    throw conflict(resource.byKind, name, why);
  }
}
