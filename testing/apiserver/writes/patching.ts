/** A PATCH request: which kind of patch it is, and what it makes of an object. */
import { parse as parseYaml } from 'yaml';
import { goJsonError } from '../codec/go-json.ts';
import { mediaType } from '../codec/negotiate.ts';
import { type ApiError, badRequest, field, invalid, unsupportedMediaType } from '../errors.ts';
import { isObject, type JsonObject, type KubeObject } from '../object.ts';
import { jsonPatch } from '../patches/json.ts';
import { mergePatch } from '../patches/merge.ts';
import { strategicMergePatch } from '../patches/strategic.ts';
import type { Resource } from '../registry.ts';
import type { Body } from './bodies.ts';

export type PatchKind = 'merge' | 'json' | 'strategic' | 'apply';

const decoder = new TextDecoder();

const kinds: Readonly<Record<string, PatchKind>> = {
  'application/merge-patch+json': 'merge',
  'application/json-patch+json': 'json',
  'application/strategic-merge-patch+json': 'strategic',
  'application/apply-patch+yaml': 'apply',
};

/** Throws ApiError (415) if the type is not known. */
export function patchKind(body: Body): PatchKind {
  const kind = kinds[mediaType(body.contentType)];
  if (kind === undefined) throw unsupportedMediaType();
  return kind;
}

/** The patch itself. Throws ApiError (400) if it cannot be read. */
export function readPatch(kind: PatchKind, body: Body): unknown {
  const source = decoder.decode(body.bytes ?? new Uint8Array());
  try {
    return kind === 'apply' ? (parseYaml(source) as unknown) : (JSON.parse(source) as unknown);
  } catch (error) {
    throw badRequest(`error decoding patch: ${goJsonError(source) ?? String(error)}`);
  }
}

/** What a patch other than an apply makes of `current`, which it does not change. Throws ApiError. */
export function patched(resource: Resource, kind: PatchKind, current: KubeObject, patch: unknown): JsonObject {
  if (kind === 'json') {
    const result = jsonPatch(current, patch);
    if (!isObject(result)) throw badRequest('error decoding patch: the result is no object');
    return result;
  }
  if (!isObject(patch)) {
    throw badRequest('error decoding patch: json: cannot unmarshal into Go value of type map[string]interface {}');
  }
  return kind === 'strategic' ? strategicMergePatch(resource.schema, current, patch) : mergePatch(current, patch);
}

/** How a patch is refused that brings unknown fields although the client asked for strictness. */
export function strictPatchError(result: JsonObject, patch: unknown, unknown: readonly string[]): ApiError {
  const shown = isObject(patch) ? sortTouched(result, patch) : result;
  const cause = field.invalid('patch', JSON.stringify(shown), strictText(unknown));
  return invalid({ group: '', name: '' }, '', [cause]);
}

/** What strict decoding says about unknown fields. */
export function strictText(unknown: readonly string[]): string {
  return `strict decoding error: ${unknown.map((path) => `unknown field ${JSON.stringify(path)}`).join(', ')}`;
}

/** Objects that a patch touches come back from the server's patch library with their fields sorted. */
function sortTouched(result: JsonObject, patch: JsonObject): JsonObject {
  const sorted: JsonObject = {};
  for (const key of Object.keys(result).sort()) {
    const value = result[key];
    const touched = patch[key];
    if (touched === undefined) sorted[key] = value;
    else sorted[key] = isObject(value) && isObject(touched) ? sortTouched(value, touched) : sortAll(value);
  }
  return sorted;
}

function sortAll(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortAll);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sortAll(value[key])]),
  );
}
