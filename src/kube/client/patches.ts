/** A JSON Merge Patch (RFC 7386, an object) or a JSON Patch (RFC 6902, a list of operations). */
export type Patch =
  | { readonly type: 'merge'; readonly body: Readonly<Record<string, unknown>> }
  | { readonly type: 'json'; readonly body: readonly JsonPatchOperation[] };

type JsonPatchOperation =
  | { readonly op: 'add' | 'replace' | 'test'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string };

export const patchContentType = {
  merge: 'application/merge-patch+json',
  json: 'application/json-patch+json',
} as const;
