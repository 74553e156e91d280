/** Create, update and patch: from what a client sent to a new version in the store. */
import type { Clock } from '../../../src/base/clock.ts';
import type { Random } from '../../../src/base/random.ts';
import {
  alreadyExists,
  badRequest,
  conflict,
  field,
  forbidden,
  invalid,
  notFound,
  unsupportedMediaType,
} from '../errors.ts';
import type { Applying, Extension, ServerSideApply } from '../extension.ts';
import {
  child,
  deepEqual,
  isObject,
  type JsonObject,
  type KubeObject,
  orderedMetadata,
  text,
  timestamp,
} from '../object.ts';
import { namespaces, type Resource } from '../registry.ts';
import { viewOf } from '../storage/encodings.ts';
import { type Collection, keyOf, type Store, type Version } from '../storage/store.ts';
import type { Admission } from './admission.ts';
import { type Body, checkKind, decodeBody, prepare } from './bodies.ts';
import { patched, patchKind, readPatch, strictPatchError, strictText } from './patching.ts';
import { validateCreate, validateUpdate } from './validation.ts';

export interface Target {
  readonly resource: Resource;
  readonly namespace: string;
  readonly name: string;
  /** Empty, or `status`. */
  readonly subresource: string;
  readonly query: URLSearchParams;
}

/** What a write came to: a stored version, or an object that is in no store (any more, or at all). */
export interface Written {
  readonly status: number;
  readonly version?: Version;
  readonly object?: JsonObject;
  /** Texts for Warning headers. */
  readonly warnings: readonly string[];
}

const nameLetters = 'bcdfghjklmnpqrstvwxz2456789';

export class Writer {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #serverSideApply: ServerSideApply | undefined;
  /** What mutating webhooks make of updates. */
  admission: Admission | undefined;

  constructor(options: { store: Store; clock: Clock; random: Random; extension: Extension | undefined }) {
    this.#store = options.store;
    this.#clock = options.clock;
    this.#random = options.random;
    this.#serverSideApply = options.extension?.apply;
  }

  /** Throws ApiError. */
  create(target: Target, body: Body): Written {
    const raw = decodeBody(body, target.resource.kind);
    checkKind(target.resource, raw);
    return this.createObject(target, raw);
  }

  /** Create, from an object instead of bytes. */
  createObject(target: Target, raw: JsonObject): Written {
    const { resource } = target;
    const metadata = this.#placed(target, child(raw, 'metadata'));
    const { object, unknown } = prepare(resource, { ...raw, metadata });
    refuseUnknown(target, unknown);
    this.#checkNamespace(target, object);
    const now = timestamp(this.#clock.now());
    setIdentity(object, this.#random.uuid(), now);
    if (resource.hasStatus && resource.strategy.dropsStatus) delete object.status;
    resource.strategy.prepareCreate(object, now);
    validateCreate(resource, object);
    const collection = this.#store.collection(resource.storedAs);
    const key = keyOf(target.namespace, object.metadata.name);
    if (collection.get(key) !== undefined) throw alreadyExists(resource.byPlural, object.metadata.name);
    const warnings = warningsOf(target, unknown);
    if (isDryRun(target)) {
      const { resourceVersion: _none, ...metadata } = object.metadata;
      return { status: 201, object: { ...object, metadata }, warnings };
    }
    return { status: 201, version: collection.put(key, stored(resource, object)), warnings };
  }

  /** Throws ApiError. */
  update(target: Target, body: Body): Written {
    const { resource } = target;
    const raw = decodeBody(body, resource.kind);
    checkKind(resource, raw);
    const metadata = child(raw, 'metadata');
    const name = text(metadata, 'name');
    if (name !== target.name) {
      throw badRequest(`the name of the object (${name}) does not match the name on the URL (${target.name})`);
    }
    const namespace = text(metadata, 'namespace') || target.namespace;
    if (namespace !== target.namespace) throw wrongNamespace();
    const current = this.#collection(target).get(keyOf(target.namespace, target.name));
    if (current === undefined) {
      if (resource.strategy.createOnUpdate && target.subresource === '') return this.createObject(target, raw);
      throw notFound(resource.byPlural, target.name);
    }
    const placed = target.namespace === '' ? metadata : { ...metadata, namespace };
    const { object, unknown } = prepare(resource, { ...raw, metadata: placed });
    refuseUnknown(target, unknown);
    if (text(object.metadata, 'resourceVersion') === '' && !resource.strategy.unconditionalUpdate) {
      const cause = field.invalid('metadata.resourceVersion', 0, 'must be specified for an update');
      throw invalid(resource.byPlural, target.name, [cause]);
    }
    const uid = text(object.metadata, 'uid');
    if (uid !== '' && uid !== current.object.metadata.uid) {
      const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${current.object.metadata.uid}`;
      throw conflict(resource.byPlural, target.name, why);
    }
    return this.#replace(target, current, object, warningsOf(target, unknown));
  }

  /** Throws ApiError. */
  patch(target: Target, body: Body): Written {
    const { resource } = target;
    const kind = patchKind(body);
    const patch = readPatch(kind, body);
    if (kind === 'apply') return this.#apply(target, patch);
    const current = this.#collection(target).get(keyOf(target.namespace, target.name));
    if (current === undefined) throw notFound(resource.byPlural, target.name);
    const result = patched(resource, kind, viewOf(resource, current), patch);
    const { object, unknown } = prepare(resource, result);
    if (unknown.length > 0 && isStrict(target)) throw strictPatchError(result, patch, unknown);
    return this.#replace(target, current, object, warningsOf(target, unknown));
  }

  /** Forgets what was applied to an object that is gone. */
  forget(uid: string): void {
    this.#serverSideApply?.forget(uid);
  }

  #apply(target: Target, config: unknown): Written {
    const { resource, query } = target;
    if (this.#serverSideApply === undefined) throw unsupportedMediaType();
    if (!isObject(config)) throw badRequest('error decoding YAML: the configuration is no object');
    checkKind(resource, config);
    const manager = query.get('fieldManager') ?? '';
    if (manager === '') {
      const cause = field.required('fieldManager', 'is required for apply patch');
      throw invalid({ group: 'meta.k8s.io', name: 'PatchOptions' }, '', [cause]);
    }
    const applying: Applying = { manager, config, force: query.get('force') === 'true' };
    const written = this.#applied(target, applying, this.#serverSideApply);
    if (written.version !== undefined) {
      this.#serverSideApply.stored(written.version.object.metadata.uid, applying);
    }
    return written;
  }

  #applied(target: Target, applying: Applying, apply: ServerSideApply): Written {
    const { resource } = target;
    const current = this.#collection(target).get(keyOf(target.namespace, target.name));
    if (current === undefined) {
      const metadata = { ...child(applying.config, 'metadata'), name: target.name };
      return this.createObject(target, { ...applying.config, metadata });
    }
    const result = apply.merged(resource, viewOf(resource, current), applying);
    const { object, unknown } = prepare(resource, result);
    if (unknown.length > 0) refuseUnknown(target, unknown);
    return this.#replace(target, current, object, warningsOf(target, unknown));
  }

  #collection(target: Target): Collection {
    return this.#store.collection(target.resource.storedAs);
  }

  /** Puts `object` (in the resource's version) in the place of `current`, or deletes it if nothing holds it any more. */
  #replace(target: Target, current: Version, object: KubeObject, warnings: readonly string[]): Written {
    const { resource } = target;
    const old = viewOf(resource, current);
    const asked = text(object.metadata, 'resourceVersion');
    if (asked !== '' && asked !== old.metadata.resourceVersion) throw conflict(resource.byPlural, old.metadata.name);
    const asWritten = target.subresource === 'status' ? withStatus(old, object.status) : kept(resource, old, object);
    const candidate = this.admission?.(asWritten, old) ?? asWritten;
    validateUpdate(resource, candidate, old);
    if (deepEqual(candidate, old)) return { status: 200, version: current, warnings };
    if (isDryRun(target)) return { status: 200, object: candidate, warnings };
    const finalizers = candidate.metadata.finalizers ?? [];
    if (candidate.metadata.deletionTimestamp !== undefined && finalizers.length === 0) {
      this.#collection(target).remove(current.key);
      this.forget(candidate.metadata.uid);
      return { status: 200, object: candidate, warnings };
    }
    return { status: 200, version: this.#collection(target).put(current.key, stored(resource, candidate)), warnings };
  }

  /** Metadata of a new object with its namespace and, if it has only a prefix, its name. */
  #placed(target: Target, metadata: JsonObject): JsonObject {
    const namespace = text(metadata, 'namespace');
    if (namespace !== '' && namespace !== target.namespace) throw wrongNamespace();
    const placed: JsonObject = { ...metadata };
    if (target.namespace !== '') placed.namespace = target.namespace;
    const prefix = text(metadata, 'generateName');
    if (text(metadata, 'name') === '' && prefix !== '') {
      const letter = (): string => nameLetters.charAt(Math.floor(this.#random.next() * nameLetters.length));
      placed.name = prefix.slice(0, 58) + Array.from({ length: 5 }, letter).join('');
    }
    return placed;
  }

  #checkNamespace(target: Target, object: KubeObject): void {
    if (!target.resource.namespaced) return;
    const namespace = this.#store.collection(namespaces.storedAs).get(target.namespace);
    if (namespace === undefined) throw notFound(namespaces.byPlural, target.namespace);
    if (namespace.object.metadata.deletionTimestamp !== undefined) {
      const why = `unable to create new content in namespace ${target.namespace} because it is being terminated`;
      throw forbidden(target.resource.byPlural, object.metadata.name, why);
    }
  }
}

function wrongNamespace(): Error {
  return badRequest('the namespace of the provided object does not match the namespace sent on the request');
}

function setIdentity(object: KubeObject, uid: string, now: string): void {
  object.metadata = orderedMetadata({
    ...object.metadata,
    uid,
    resourceVersion: '',
    generation: undefined,
    creationTimestamp: now,
    deletionTimestamp: undefined,
    deletionGracePeriodSeconds: undefined,
  });
}

/** A write to an object itself: its status, and what only the server sets, stay as they were. */
function kept(resource: Resource, old: KubeObject, object: KubeObject): KubeObject {
  const { uid, creationTimestamp, deletionTimestamp, deletionGracePeriodSeconds, generateName } = old.metadata;
  const metadata = orderedMetadata({
    ...object.metadata,
    uid: object.metadata.uid ?? uid,
    creationTimestamp: object.metadata.creationTimestamp ?? creationTimestamp,
    resourceVersion: old.metadata.resourceVersion,
    deletionTimestamp,
    deletionGracePeriodSeconds,
    generateName,
  });
  const candidate: KubeObject = { ...object, metadata };
  if (!resource.hasStatus) return candidate;
  if (old.status === undefined) delete candidate.status;
  else candidate.status = old.status;
  return candidate;
}

/** A write to the status subresource: nothing else changes. */
function withStatus(old: KubeObject, status: unknown): KubeObject {
  const candidate: KubeObject = { ...old };
  if (status === undefined) delete candidate.status;
  else candidate.status = status;
  return candidate;
}

/** As it is kept: in the stored version, with a metadata of its own. */
function stored(resource: Resource, object: KubeObject): KubeObject {
  const copy = { ...object, metadata: { ...object.metadata } };
  if (resource.conversion === undefined) return copy;
  const { kind, storedApiVersion } = resource;
  return { ...resource.conversion.toStored(copy), kind, apiVersion: storedApiVersion } as KubeObject;
}

function isStrict(target: Target): boolean {
  return target.query.get('fieldValidation') === 'Strict';
}

export function isDryRun(target: Pick<Target, 'query'>): boolean {
  return target.query.get('dryRun') === 'All';
}

function refuseUnknown(target: Target, unknown: readonly string[]): void {
  if (unknown.length === 0 || !isStrict(target)) return;
  const { kind, version } = target.resource;
  throw badRequest(
    `${kind} in version ${JSON.stringify(version)} cannot be handled as a ${kind}: ${strictText(unknown)}`,
  );
}

function warningsOf(target: Target, unknown: readonly string[]): readonly string[] {
  if (target.query.get('fieldValidation') === 'Ignore') return [];
  return unknown.map((path) => `unknown field ${JSON.stringify(path)}`);
}
