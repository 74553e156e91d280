import { badRequest, patchRefused } from '../errors.ts';
import { deepEqual, isObject } from '../object.ts';

interface Operation {
  op: string;
  path: string;
  from?: string;
  value?: unknown;
}

/** RFC 6902. Throws ApiError: 400 if the patch is not a list, 422 without a reason if it cannot be carried out. */
export function jsonPatch(target: unknown, patch: unknown): unknown {
  if (!Array.isArray(patch)) {
    const found = isObject(patch) ? 'object' : typeof patch;
    throw badRequest(
      `error decoding patch: json: cannot unmarshal ${found} into Go value of type []handlers.jsonPatchOp`,
    );
  }
  const document = { root: structuredClone(target) };
  for (const operation of patch) apply(document, readOperation(operation));
  return document.root;
}

function readOperation(value: unknown): Operation {
  if (!isObject(value) || typeof value.op !== 'string' || typeof value.path !== 'string') throw patchRefused();
  const operation: Operation = { op: value.op, path: value.path, value: value.value };
  if (typeof value.from === 'string') operation.from = value.from;
  return operation;
}

interface Document {
  root: unknown;
}

function apply(document: Document, operation: Operation): void {
  const { op, path, value } = operation;
  switch (op) {
    case 'add':
      add(document, path, structuredClone(value));
      return;
    case 'remove':
      return void remove(document, path);
    case 'replace':
      remove(document, path);
      add(document, path, structuredClone(value));
      return;
    case 'move':
      add(document, path, remove(document, operation.from ?? ''));
      return;
    case 'copy':
      add(document, path, structuredClone(find(document, operation.from ?? '')));
      return;
    case 'test': {
      // A null stands for "not there", so that a patch can ask for the absence of a field.
      const found = find(document, path);
      if ((value ?? null) === null ? (found ?? null) !== null : !deepEqual(found, value)) throw patchRefused();
      return;
    }
    default:
      throw patchRefused();
  }
}

function keysOf(path: string): string[] {
  if (path === '') return [];
  if (!path.startsWith('/')) throw patchRefused();
  return path
    .slice(1)
    .split('/')
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** The value at `path`; undefined if there is none. */
function find(document: Document, path: string): unknown {
  let value: unknown = document.root;
  for (const key of keysOf(path)) {
    if (Array.isArray(value)) value = /^\d+$/.test(key) ? value[Number(key)] : undefined;
    else if (isObject(value)) value = Object.hasOwn(value, key) ? value[key] : undefined;
    else return undefined;
  }
  return value;
}

/** The object or list that holds the last key of `path`. */
function parentOf(document: Document, path: string): { parent: unknown; key: string } {
  const keys = keysOf(path);
  const key = keys.pop() ?? '';
  let parent: unknown = document.root;
  for (const step of keys) {
    if (Array.isArray(parent)) parent = parent[Number(step)];
    else if (isObject(parent) && Object.hasOwn(parent, step)) parent = parent[step];
    else throw patchRefused();
  }
  return { parent, key };
}

function add(document: Document, path: string, value: unknown): void {
  if (path === '') {
    document.root = value;
    return;
  }
  const { parent, key } = parentOf(document, path);
  if (Array.isArray(parent)) {
    if (key !== '-' && !/^\d+$/.test(key)) throw patchRefused();
    const index = key === '-' ? parent.length : Number(key);
    if (index > parent.length) throw patchRefused();
    parent.splice(index, 0, value);
  } else if (isObject(parent)) {
    parent[key] = value;
  } else {
    throw patchRefused();
  }
}

function remove(document: Document, path: string): unknown {
  if (path === '') throw patchRefused();
  const { parent, key } = parentOf(document, path);
  if (Array.isArray(parent)) {
    if (!/^\d+$/.test(key) || Number(key) >= parent.length) throw patchRefused();
    return parent.splice(Number(key), 1)[0];
  }
  if (!isObject(parent) || !Object.hasOwn(parent, key)) throw patchRefused();
  const value = parent[key];
  delete parent[key];
  return value;
}
