import { badRequest } from '../errors.ts';
import { deepEqual, isObject, type JsonObject } from '../object.ts';
import type { Field, Message } from '../schema/message.ts';

/**
 * A strategic merge patch: like a merge patch, but lists that the schema marks are merged, by key or as sets, and
 * directives (`$patch`, `$deleteFromPrimitiveList/…`, `$setElementOrder/…`, `$retainKeys`) say what else to do.
 */
export function strategicMergePatch(message: Message, target: JsonObject, patch: JsonObject): JsonObject {
  return mergeObject(message, target, patch);
}

const deleteFromList = '$deleteFromPrimitiveList/';
const elementOrder = '$setElementOrder/';

function mergeObject(message: Message | undefined, target: JsonObject, patch: JsonObject): JsonObject {
  if (patch.$patch === 'replace') return withoutDirectives(patch);
  if (patch.$patch === 'delete') return {};
  let result: JsonObject = { ...target };
  if (Array.isArray(patch.$retainKeys)) {
    const kept: readonly unknown[] = patch.$retainKeys;
    result = Object.fromEntries(Object.entries(result).filter(([key]) => kept.includes(key)));
  }
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith(deleteFromList)) deleteItems(result, key.slice(deleteFromList.length), value);
  }
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith('$')) continue;
    if (value === null) delete result[key];
    else result[key] = mergeValue(fieldOf(message, key), result[key], value);
  }
  for (const [key, order] of Object.entries(patch)) {
    if (key.startsWith(elementOrder) && Array.isArray(order)) {
      const name = key.slice(elementOrder.length);
      sortItems(result, name, order, fieldOf(message, name)?.mergeKey);
    }
  }
  return result;
}

function withoutDirectives(patch: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(patch).filter(([key]) => !key.startsWith('$')));
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
  return field === undefined || typeof field.type === 'string' ? undefined : field.type;
}

function mergeValue(field: Field | undefined, old: unknown, value: unknown): unknown {
  if (isObject(value)) {
    const message = field?.shape === 'map' || field?.type === 'fields' ? undefined : messageOf(field);
    return mergeObject(message, isObject(old) ? old : {}, value);
  }
  if (!Array.isArray(value) || !(field?.strategy ?? '').includes('merge')) return value;
  const items: unknown[] = Array.isArray(old) ? old : [];
  return field?.mergeKey === undefined ? mergeSet(items, value) : mergeByKey(field, field.mergeKey, items, value);
}

/** New items come first, as the server has it. */
function mergeSet(items: readonly unknown[], patch: readonly unknown[]): unknown[] {
  const added = patch.filter((value) => !items.includes(value));
  return [...added, ...items];
}

function mergeByKey(field: Field, key: string, items: readonly unknown[], patch: readonly unknown[]): unknown[] {
  if (patch.some((item) => isObject(item) && item.$patch === 'replace' && Object.keys(item).length === 1)) {
    return patch.filter((item) => !isObject(item) || item.$patch === undefined);
  }
  let result = [...items];
  for (const item of patch) {
    if (!isObject(item) || item[key] === undefined) {
      throw badRequest(`map: ${JSON.stringify(item)} does not contain declared merge key: ${key}`);
    }
    const same = (other: unknown): boolean => isObject(other) && deepEqual(other[key], item[key]);
    if (item.$patch === 'delete') {
      result = result.filter((other) => !same(other));
      continue;
    }
    const index = result.findIndex(same);
    const old = result[index];
    const merged = mergeObject(messageOf(field), isObject(old) ? old : {}, item);
    if (index === -1) result.push(merged);
    else result[index] = merged;
  }
  return result;
}

function deleteItems(result: JsonObject, name: string, unwanted: unknown): void {
  const items = result[name];
  if (!Array.isArray(items) || !Array.isArray(unwanted)) return;
  result[name] = items.filter((item: unknown) => !unwanted.includes(item));
}

/** Items that the order names come in that order; the others stay behind them as they were. */
function sortItems(result: JsonObject, name: string, order: readonly unknown[], key: string | undefined): void {
  const items = result[name];
  if (!Array.isArray(items)) return;
  const place = (item: unknown): number => {
    const index = order.findIndex((wanted) => {
      if (key === undefined) return wanted === item;
      return isObject(wanted) && isObject(item) && deepEqual(wanted[key], item[key]);
    });
    return index === -1 ? order.length : index;
  };
  result[name] = items.toSorted((a: unknown, b: unknown) => place(a) - place(b));
}
