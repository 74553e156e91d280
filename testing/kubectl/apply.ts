import { conflict } from '../apiserver/errors.ts';
import type { Applying, ServerSideApply } from '../apiserver/extension.ts';
import { deepEqual, isObject, type JsonObject, type KubeObject } from '../apiserver/object.ts';
import type { Resource } from '../apiserver/registry.ts';
import type { Field, Message } from '../apiserver/schema/message.ts';

/**
 * Server-side apply without managed fields: what a manager applied is remembered as it stood in its request. Fields
 * that it no longer applies, and that no other manager applies, are taken off. Updates by others own nothing.
 */
type Applied = ReadonlyMap<string, JsonObject>;

interface ApplyConflict {
  manager: string;
  path: string;
}

/** Server-side apply for the objects of one server. */
export class Applier implements ServerSideApply {
  /** By uid. */
  readonly #applied = new Map<string, Applied>();

  merged(resource: Resource, current: KubeObject, { manager, config, force }: Applying): JsonObject {
    const applied: Applied = this.#applied.get(current.metadata.uid) ?? new Map();
    const conflicts = applyConflicts(applied, manager, config);
    if (conflicts.length > 0 && !force) {
      const list = conflicts.map((each) => `conflict with "${each.manager}": ${each.path}`).join(', ');
      throw conflict(
        resource.byPlural,
        current.metadata.name,
        `Apply failed with ${conflicts.length} conflicts: ${list}`,
      );
    }
    return applyConfig(resource.schema, current, applied, manager, config);
  }

  stored(uid: string, { manager, config }: Applying): void {
    this.#applied.set(uid, new Map([...(this.#applied.get(uid) ?? []), [manager, config]]));
  }

  forget(uid: string): void {
    this.#applied.delete(uid);
  }
}

/** Fields in `config` to which another manager has applied another value. */
function applyConflicts(applied: Applied, manager: string, config: JsonObject): ApplyConflict[] {
  const conflicts: ApplyConflict[] = [];
  for (const [other, theirs] of applied) {
    if (other !== manager) collectConflicts(config, theirs, '', (path) => conflicts.push({ manager: other, path }));
  }
  return conflicts;
}

function collectConflicts(ours: JsonObject, theirs: JsonObject, path: string, found: (path: string) => void): void {
  for (const [key, value] of Object.entries(ours)) {
    const other = theirs[key];
    if (other === undefined || isIdentity(path, key)) continue;
    const at = `${path}.${key}`;
    if (isObject(value) && isObject(other)) collectConflicts(value, other, at, found);
    else if (!Array.isArray(value) && !deepEqual(value, other)) found(at);
  }
}

/** Fields that name the object instead of configuring it. */
function isIdentity(path: string, key: string): boolean {
  if (path === '') return key === 'apiVersion' || key === 'kind';
  return path === '.metadata' && (key === 'name' || key === 'namespace');
}

/** `target` with `config` applied by `manager`. Changes neither. */
function applyConfig(
  message: Message,
  target: JsonObject,
  applied: Applied,
  manager: string,
  config: JsonObject,
): JsonObject {
  const others = [...applied].filter(([name]) => name !== manager).map(([, theirs]) => theirs);
  const previous = applied.get(manager);
  const pruned = previous === undefined ? target : prune(message, target, previous, config, others, '');
  return merge(message, pruned, config);
}

function fieldOf(message: Message | undefined, name: string): Field | undefined {
  if (message === undefined) return undefined;
  for (const field of message.fields) {
    if (field.name === name && !field.inline) return field;
    const nested = field.inline && typeof field.type !== 'string' ? fieldOf(field.type, name) : undefined;
    if (nested !== undefined) return nested;
  }
  return undefined;
}

function messageOf(field: Field | undefined): Message | undefined {
  return field === undefined || typeof field.type === 'string' || field.shape === 'map' ? undefined : field.type;
}

function merge(message: Message | undefined, target: JsonObject, config: JsonObject): JsonObject {
  const result: JsonObject = { ...target };
  for (const [key, value] of Object.entries(config)) {
    const field = fieldOf(message, key);
    const old = result[key];
    if (isObject(value)) result[key] = merge(messageOf(field), isObject(old) ? old : {}, value);
    else if (Array.isArray(value) && Array.isArray(old)) result[key] = mergeList(field, old, value);
    else result[key] = value;
  }
  return result;
}

function mergeList(field: Field | undefined, old: readonly unknown[], value: readonly unknown[]): unknown[] {
  if (!(field?.strategy ?? '').includes('merge')) return [...value];
  const key = field?.mergeKey;
  if (key === undefined) return [...old, ...value.filter((item) => !old.includes(item))];
  const result = [...old];
  for (const item of value) {
    const index = result.findIndex((other) => sameKey(other, item, key));
    const before = result[index];
    if (index === -1) result.push(item);
    else if (isObject(before) && isObject(item)) result[index] = merge(messageOf(field), before, item);
  }
  return result;
}

function sameKey(left: unknown, right: unknown, key: string): boolean {
  return isObject(left) && isObject(right) && deepEqual(left[key], right[key]);
}

/** Takes off what `previous` had, and neither `config` nor one of `others` has. */
function prune(
  message: Message | undefined,
  target: JsonObject,
  previous: JsonObject,
  config: JsonObject,
  others: readonly JsonObject[],
  path: string,
): JsonObject {
  const result: JsonObject = { ...target };
  for (const [key, value] of Object.entries(previous)) {
    if (isIdentity(path, key)) continue;
    const field = fieldOf(message, key);
    const old = result[key];
    const theirs = others.map((other) => other[key]).filter((other) => other !== undefined);
    if (isObject(value) && isObject(old)) {
      const now = config[key];
      const nested = theirs.filter(isObject);
      result[key] = prune(messageOf(field), old, value, isObject(now) ? now : {}, nested, `${path}.${key}`);
    } else if (Array.isArray(value) && Array.isArray(old) && (field?.strategy ?? '').includes('merge')) {
      result[key] = pruneList(field?.mergeKey, old, value, [config[key], ...theirs]);
    } else if (config[key] === undefined && theirs.length === 0) {
      delete result[key];
    }
  }
  return result;
}

function pruneList(
  key: string | undefined,
  old: readonly unknown[],
  value: readonly unknown[],
  kept: unknown[],
): unknown[] {
  const keepers = kept.filter((list): list is unknown[] => Array.isArray(list)).flat();
  const isIn = (list: readonly unknown[], item: unknown): boolean =>
    list.some((other) => (key === undefined ? other === item : sameKey(other, item, key)));
  return old.filter((item) => !isIn(value, item) || isIn(keepers, item));
}
