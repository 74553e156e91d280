/**
 * What kubectl asked the server command by command, and the gist of what it was answered: recorded by record.ts, and
 * asked again by the test without kubectl.
 */
import { decodeProto } from '../../apiserver/codec/proto.ts';
import { child, isObject, type JsonObject } from '../../apiserver/object.ts';

export interface Recording {
  /** Version of the kubectl that asked. */
  readonly kubectl: string;
  readonly commands: readonly RecordedCommand[];
}

export interface RecordedCommand {
  readonly name: string;
  readonly requests: readonly RecordedRequest[];
}

export interface RecordedRequest {
  readonly method: string;
  /** With query. May hold references to earlier answers of the same command, see `resolve`. */
  readonly path: string;
  readonly accept: string;
  readonly contentType?: string;
  readonly actingAs?: string;
  readonly body?: string;
  /** Instead of `body`, where it is protobuf. */
  readonly bodyBase64?: string;
  readonly answer: Gist;
}

/** What must be the same whenever the request is made. */
export interface Gist {
  readonly status: number;
  readonly contentType: string;
  readonly kind?: string;
  /** Names of the object or of a list's items. */
  readonly names?: readonly string[];
  readonly columns?: readonly string[];
  readonly cells?: readonly unknown[];
  /** What a Status says. */
  readonly message?: string;
  /** Of a watch that stayed open to the end: types and objects of its events. */
  readonly events?: readonly Gist[];
  readonly type?: string;
}

/** The gist of an answer; `body` is undefined for a watch. */
export function gistOf(status: number, contentType: string, body: Uint8Array | undefined): Gist {
  return { status, contentType, ...(body === undefined ? {} : gistOfObject(parse(body))) };
}

/** The gist of one event of a watch. */
export function gistOfEvent(event: JsonObject): Gist {
  const type = String(event.type);
  return { status: 200, contentType: '', type, ...gistOfObject(child(event, 'object')) };
}

/** The object in a body, JSON or protobuf; empty if the body is something else. */
export function parse(body: Uint8Array): JsonObject {
  const text = Buffer.from(body).toString();
  if (text.startsWith('k8s\0')) return decodeProto(body);
  if (!text.startsWith('{')) return {};
  const value: unknown = JSON.parse(text);
  return isObject(value) ? value : {};
}

function gistOfObject(object: JsonObject): Partial<Gist> {
  const { kind } = object;
  const named = typeof kind === 'string' ? { kind } : {};
  if (kind === 'Status') return { ...named, message: String(object.message ?? '') };
  if (kind === 'Table') return { ...named, ...gistOfTable(object) };
  const objects = Array.isArray(object.items) ? object.items.filter(isObject) : [object];
  const names = objects.map((each) => child(each, 'metadata').name).filter((name) => typeof name === 'string');
  return names.length > 0 ? { ...named, names } : named;
}

function gistOfTable(table: JsonObject): Partial<Gist> {
  const { columnDefinitions, rows } = table;
  const cells = Array.isArray(rows) ? rows.filter(isObject).map((row) => row.cells) : [];
  if (!Array.isArray(columnDefinitions)) return { cells };
  return { cells, columns: columnDefinitions.filter(isObject).map((column) => String(column.name)) };
}

/** Where a value of an earlier answer stands: `3:items.0.metadata.uid`. */
type Reference = string;

/** The values that differ from run to run (uid, resourceVersion) in an answer. */
export function changingValues(answer: JsonObject, index: number): Map<string, Reference> {
  const found = new Map<string, Reference>();
  const visit = (value: unknown, path: string): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [key, below] of Object.entries(value)) {
      const place = path === '' ? key : `${path}.${key}`;
      const changes = typeof below === 'string' && (key === 'uid' || key === 'resourceVersion');
      if (!changes) visit(below, place);
      else if (!found.has(below)) found.set(below, `${index}:${place}`);
    }
  };
  visit(answer, '');
  return found;
}

/** Puts references `«index:path»` in the place of values known from earlier answers. */
export function refer(text: string, known: ReadonlyMap<string, Reference>): string {
  const inPlace = (before: string, value: string): string => {
    const reference = known.get(value);
    return reference === undefined ? `${before}${value}` : `${before}«${reference}»`;
  };
  return text
    .replace(/(resourceVersion(?:=|":"))(\d+)/g, (_all, before: string, value: string) => inPlace(before, value))
    .replace(/()([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/g, (_all, before: string, value: string) =>
      inPlace(before, value),
    );
}

/** Puts the values of these answers in the place of the references to them. */
export function resolve(text: string, answers: readonly JsonObject[]): string {
  return text.replace(/«(\d+):([^»]+)»/g, (_all, index: string, path: string) => {
    let value: unknown = answers[Number(index)];
    for (const key of path.split('.'))
      value = isObject(value) || Array.isArray(value) ? Reflect.get(value, key) : undefined;
    return String(value);
  });
}
