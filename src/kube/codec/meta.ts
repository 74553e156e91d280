import { keptAnnotations, keptLabels } from '../api/objects.ts';
import { noRecord, noStrings, shareList, shareRecord } from './interning.ts';
import type { ProtoReader } from './proto-reader.ts';
import {
  asInterned,
  asMark,
  asObject,
  asOptional,
  asString,
  asTime,
  internedStrings,
  readEntry,
  readTime,
  stringRecord,
} from './values.ts';

/** metadata as far as any of our kinds keeps it; the kinds copy out of it what they need. */
export interface Meta {
  name: string;
  namespace: string | undefined;
  uid: string;
  resourceVersion: string;
  creationMs: number;
  deletionMs: number | undefined;
  finalizers: readonly string[];
  /** Those of keptAnnotations. */
  annotations: Readonly<Record<string, string>>;
  /** Those of keptLabels. */
  labels: Readonly<Record<string, string>>;
}

const annotationKeys: ReadonlySet<string> = new Set(keptAnnotations);
const labelKeys: ReadonlySet<string> = new Set(keptLabels);

export const noMeta: Meta = {
  name: '',
  namespace: undefined,
  uid: '',
  resourceVersion: '',
  creationMs: 0,
  deletionMs: undefined,
  finalizers: noStrings,
  annotations: noRecord,
  labels: noRecord,
};

/** meta.v1.ObjectMeta. Its field numbers: name 1, namespace 3, uid 5, resourceVersion 6, times 8 and 9, maps 11 and 12. */
export function readMeta(reader: ProtoReader): Meta {
  const end = reader.enter();
  const meta = { ...noMeta };
  let labels: Record<string, string> | undefined;
  let annotations: Record<string, string> | undefined;
  let finalizers: string[] | undefined;
  while (reader.pos < end) {
    const tag = reader.tag();
    switch (tag >>> 3) {
      case 1:
        meta.name = reader.string();
        break;
      case 3:
        meta.namespace = reader.interned() || undefined;
        break;
      case 5:
        meta.uid = reader.string();
        break;
      case 6:
        meta.resourceVersion = reader.string();
        break;
      case 8:
        meta.creationMs = readTime(reader) ?? 0;
        break;
      case 9:
        meta.deletionMs = readTime(reader);
        break;
      case 11:
        labels = readEntry(reader, labels, 'shared', labelKeys);
        break;
      case 12:
        annotations = readEntry(reader, annotations, 'shared', annotationKeys);
        break;
      case 14:
        finalizers ??= [];
        finalizers.push(reader.interned());
        break;
      default:
        reader.skip(tag);
    }
  }
  reader.leave(end);
  if (labels !== undefined) meta.labels = shareRecord(labels);
  if (annotations !== undefined) meta.annotations = shareRecord(annotations);
  if (finalizers !== undefined) meta.finalizers = shareList(finalizers);
  return meta;
}

export function metaFromJson(value: unknown): Meta {
  const meta = asObject(value);
  const namespace = asOptional(meta.namespace);
  return {
    name: asString(meta.name),
    namespace: namespace === undefined ? undefined : asInterned(namespace),
    uid: asString(meta.uid),
    resourceVersion: asString(meta.resourceVersion),
    creationMs: asTime(meta.creationTimestamp) ?? 0,
    deletionMs: asMark(meta.deletionTimestamp),
    finalizers: internedStrings(meta.finalizers),
    annotations: stringRecord(meta.annotations, 'shared', annotationKeys),
    labels: stringRecord(meta.labels, 'shared', labelKeys),
  };
}
