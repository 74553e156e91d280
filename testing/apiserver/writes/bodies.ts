/** What a client sent: bytes to an object of the resource's kind. */
import { parse as parseYaml } from 'yaml';
import { canonical } from '../codec/canonical.ts';
import { goJsonError } from '../codec/go-json.ts';
import { mediaType, protobufType } from '../codec/negotiate.ts';
import { decodeProto, ProtoError } from '../codec/proto.ts';
import { ApiError, badRequest, unsupportedMediaType } from '../errors.ts';
import { child, isObject, type JsonObject, type KubeObject, text } from '../object.ts';
import { isKnownKind, type Resource } from '../registry.ts';

const decoder = new TextDecoder();

export interface Body {
  readonly bytes: Uint8Array | undefined;
  readonly contentType: string | undefined;
}

/** The object in a body, of whatever kind. `wanted` is the kind that messages name. Throws ApiError. */
export function decodeBody(body: Body, wanted: string): JsonObject {
  const bytes = body.bytes ?? new Uint8Array();
  switch (mediaType(body.contentType)) {
    case '':
    case 'application/json':
      return decodeJson(bytes, wanted);
    case 'application/yaml':
      return decodeYaml(bytes, wanted);
    case protobufType:
      return decodeProtobuf(bytes, wanted);
    default:
      throw unsupportedMediaType();
  }
}

function decodeJson(bytes: Uint8Array, wanted: string): JsonObject {
  const source = decoder.decode(bytes);
  try {
    const value: unknown = JSON.parse(source);
    if (isObject(value)) return value;
  } catch {
    throw unrecognized(wanted, `couldn't get version/kind; json parse error: ${goJsonError(source)}`, source);
  }
  throw unrecognized(wanted, "couldn't get version/kind; json parse error: json: cannot unmarshal into object", source);
}

function decodeYaml(bytes: Uint8Array, wanted: string): JsonObject {
  const source = decoder.decode(bytes);
  let value: unknown;
  try {
    value = parseYaml(source);
  } catch (error) {
    throw unrecognized(wanted, `couldn't get version/kind; yaml parse error: ${String(error)}`, source);
  }
  if (isObject(value)) return value;
  throw unrecognized(wanted, "couldn't get version/kind; yaml parse error: not an object", source);
}

function decodeProtobuf(bytes: Uint8Array, wanted: string): JsonObject {
  try {
    return decodeProto(bytes);
  } catch (error) {
    if (error instanceof ProtoError) throw unrecognized(wanted, error.message, '<protobuf>');
    throw error;
  }
}

function unrecognized(wanted: string, why: string, source: string): ApiError {
  const shown = source === '' ? '<empty>' : source.length > 30 ? `${source.slice(0, 30)} ...` : source;
  return badRequest(`the object provided is unrecognized (must be of type ${wanted}): ${why} (${shown})`);
}

/** Checks that `object` is of the resource's kind and version, which it may leave out. */
export function checkKind(resource: Resource, object: JsonObject): void {
  const kind = text(object, 'kind') || resource.kind;
  const apiVersion = text(object, 'apiVersion') || resource.apiVersion;
  if (kind === resource.kind && apiVersion === resource.apiVersion) return;
  const version = apiVersion.slice(apiVersion.indexOf('/') + 1);
  const cannot = `${kind} in version ${JSON.stringify(version)} cannot be handled as a ${resource.kind}`;
  if (!isKnownKind(apiVersion, kind)) {
    throw badRequest(`${cannot}: no kind "${kind}" is registered for version "${apiVersion}" in scheme "embedded"`);
  }
  if (kind === resource.kind) {
    throw badRequest(
      `the API version in the data (${apiVersion}) does not match the expected API version (${resource.apiVersion})`,
    );
  }
  const into = `${resource.strategy.internalPackage}.${resource.kind}`;
  throw badRequest(`${cannot}: converting (${version}.${kind}) to (${into}): unknown conversion`);
}

export interface Prepared {
  readonly object: KubeObject;
  /** Fields that the schema does not know and that were dropped. */
  readonly unknown: readonly string[];
}

/** The object as it will be stored (in the resource's own version): defaults set, form canonical. */
export function prepare(resource: Resource, raw: JsonObject): Prepared {
  const { managedFields: _dropped, ...metadata } = child(raw, 'metadata');
  const draft = { ...raw, metadata: { ...metadata, name: text(metadata, 'name') } } as KubeObject;
  resource.strategy.defaults(draft);
  try {
    const { object, unknown } = canonical(resource.schema, draft);
    return { object: typed(resource, object), unknown };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const version = JSON.stringify(resource.version);
    const cannot = `${resource.kind} in version ${version} cannot be handled as a ${resource.kind}`;
    throw badRequest(`${cannot}: ${error.message}`);
  }
}

function typed(resource: Resource, object: JsonObject): KubeObject {
  const metadata = { ...child(object, 'metadata') };
  metadata.name ??= '';
  return { kind: resource.kind, apiVersion: resource.apiVersion, ...object, metadata } as KubeObject;
}
