/** Which encoding a client gets, from its Accept header; and what it sent, from its Content-Type. */
import { notAcceptable } from '../errors.ts';

export type Format = 'json' | 'yaml' | 'protobuf';
export type Shape = 'object' | 'table' | 'metadata';

export interface Accepted {
  readonly format: Format;
  /** The objects themselves, or a Table of them, or their metadata only. */
  readonly shape: Shape;
  /** Content-Type of an answer that is no watch. */
  readonly contentType: string;
  /** Content-Type of a watch. */
  readonly watchType: string;
}

export const protobufType = 'application/vnd.kubernetes.protobuf';
const formats: Readonly<Record<string, Format>> = {
  'application/json': 'json',
  'application/yaml': 'yaml',
  [protobufType]: 'protobuf',
  '*/*': 'json',
  'application/*': 'json',
};
const typeOf: Readonly<Record<Format, string>> = {
  json: 'application/json',
  yaml: 'application/yaml',
  protobuf: protobufType,
};

interface Served {
  readonly protobuf: boolean;
  readonly tables: boolean;
}

const cache = new Map<string, Accepted>();

/** Throws ApiError (406) if nothing in `accept` can be served. `protobuf` false: as by a server without it; so is `tables`. */
export function negotiate(accept: string | undefined, options: Served): Accepted {
  const header = accept === undefined || accept === '' ? 'application/json' : accept;
  const cacheKey = `${options.protobuf} ${options.tables} ${header}`;
  const known = cache.get(cacheKey);
  if (known !== undefined) return known;
  const accepted = choose(header, options);
  if (cache.size > 200) cache.clear();
  cache.set(cacheKey, accepted);
  return accepted;
}

function choose(header: string, { protobuf, tables }: Served): Accepted {
  for (const clause of header.split(',')) {
    const [type = '', ...parameters] = clause.split(';').map((part) => part.trim());
    const format = formats[type];
    if (format === undefined || (format === 'protobuf' && !protobuf)) continue;
    const values = new Map(parameters.map((parameter) => parameter.split('=', 2) as [string, string]));
    const shape = shapeOf(values);
    // A Table has no protobuf form; the client gets what it names next.
    if (shape === undefined || (shape === 'table' && (format === 'protobuf' || !tables))) continue;
    const stream = values.get('stream') === 'watch' || format === 'protobuf';
    const contentType = typeOf[format];
    return { format, shape, contentType, watchType: stream ? `${contentType};stream=watch` : contentType };
  }
  const available = ['application/json', 'application/yaml', ...(protobuf ? [protobufType] : [])];
  throw notAcceptable(available.join(', '));
}

function shapeOf(parameters: ReadonlyMap<string, string>): Shape | undefined {
  const as = parameters.get('as');
  if (as === undefined) return 'object';
  if (parameters.get('g') !== 'meta.k8s.io' || parameters.get('v') !== 'v1') return undefined;
  if (as === 'Table') return 'table';
  if (as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList') return 'metadata';
  return undefined;
}

/** The media type without its parameters. */
export function mediaType(contentType: string | undefined): string {
  return (contentType ?? '').split(';', 1)[0]?.trim() ?? '';
}
