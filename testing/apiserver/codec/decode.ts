/**
 * Kubernetes protobuf to JSON objects, as a Go server would show what it read: fields in the order of the JSON, empty
 * ones left out where Go leaves them out.
 */
import { BinaryReader } from '@bufbuild/protobuf/wire';
import type { Field, Message, ScalarType } from '../schema/message.ts';
import { formatMicroTime, formatTime } from './time.ts';

export type Decoder = (bytes: Uint8Array) => Record<string, unknown>;
type ValueDecoder = (reader: BinaryReader) => unknown;

interface FieldDecoder {
  readonly field: Field;
  readonly decode: ValueDecoder;
}

const compiled = new Map<Message, Decoder>();

/** Reads one message without tag and length. Unknown fields are skipped; throws if the bytes are not a message. */
export function decoderOf(message: Message): Decoder {
  const known = compiled.get(message);
  if (known) return known;
  const byNumber = new Map<number, FieldDecoder>();
  const decoder: Decoder = (bytes) => {
    const values = new Map<number, unknown>();
    const reader = new BinaryReader(bytes);
    while (reader.pos < reader.len) {
      const [number, wireType] = reader.tag();
      const found = byNumber.get(number);
      if (found) read(found, reader, values);
      else reader.skip(wireType, number);
    }
    return assemble(message, values);
  };
  compiled.set(message, decoder);
  for (const field of message.fields) byNumber.set(field.number, { field, decode: valueDecoder(field.type) });
  return decoder;
}

function read({ field, decode }: FieldDecoder, reader: BinaryReader, values: Map<number, unknown>): void {
  if (field.shape === 'one') {
    values.set(field.number, decode(reader));
    return;
  }
  if (field.shape === 'list') {
    const list = (values.get(field.number) as unknown[] | undefined) ?? [];
    list.push(decode(reader));
    values.set(field.number, list);
    return;
  }
  const map = (values.get(field.number) as Record<string, unknown> | undefined) ?? {};
  const [key, value] = readEntry(field, decode, reader);
  // Not an assignment: a key may be named __proto__.
  Object.defineProperty(map, key, { value, enumerable: true, configurable: true, writable: true });
  values.set(field.number, map);
}

function readEntry(field: Field, decode: ValueDecoder, reader: BinaryReader): [string, unknown] {
  const entry = new BinaryReader(reader.bytes());
  let key = '';
  let value: unknown = field.type === 'bytes' ? null : emptyValue(field.type);
  while (entry.pos < entry.len) {
    const [number, wireType] = entry.tag();
    if (number === 1) key = entry.string();
    else if (number === 2) value = field.shape === 'lists' ? readTextList(entry) : decode(entry);
    else entry.skip(wireType, number);
  }
  return [key, value];
}

/** ExtraValue: a message whose only field is a list of texts. */
function readTextList(reader: BinaryReader): string[] {
  const message = new BinaryReader(reader.bytes());
  const texts: string[] = [];
  while (message.pos < message.len) {
    message.tag();
    texts.push(message.string());
  }
  return texts;
}

/** Puts the values read into the order of the JSON, with what Go shows for those that were not on the wire. */
function assemble(message: Message, values: ReadonlyMap<number, unknown>): Record<string, unknown> {
  const object: Record<string, unknown> = {};
  for (const field of message.fields) {
    const value = values.get(field.number);
    if (field.inline) Object.assign(object, value ?? emptyValue(field.type));
    else if (field.pointer) {
      if (value !== undefined) object[field.name] = value;
      else if (!field.omitEmpty) object[field.name] = null;
    } else {
      const shown = value ?? (field.shape === 'one' ? emptyValue(field.type) : null);
      if (!isLeftOut(field, shown)) object[field.name] = shown;
    }
  }
  return object;
}

/** Whether Go's omitempty (or omitzero) leaves the value out of the JSON. */
export function isLeftOut(field: Field, value: unknown): boolean {
  if (!field.omitEmpty) return false;
  if (field.shape !== 'one') return isEmptyContainer(value);
  if (typeof field.type !== 'string' || field.type === 'quantity' || field.type === 'intstr') return false;
  if (field.type === 'time' || field.type === 'micro') return field.omitZero && value === null;
  return value === '' || value === 0 || value === false || value === null;
}

function isEmptyContainer(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  for (const _ in value) return false;
  return true;
}

/** What Go shows of a value that was never set. */
export function emptyValue(type: Field['type']): unknown {
  return typeof type === 'string' ? emptyScalars[type] : assemble(type, new Map());
}

const emptyScalars: Readonly<Record<ScalarType, unknown>> = {
  string: '',
  bool: false,
  int32: 0,
  int64: 0,
  bytes: null,
  quantity: '0',
  time: null,
  micro: null,
  intstr: 0,
  fields: {},
};

function valueDecoder(type: Field['type']): ValueDecoder {
  if (typeof type === 'string') return scalarDecoders[type];
  let decode: Decoder | undefined;
  return (reader) => {
    decode ??= decoderOf(type);
    return decode(reader.bytes());
  };
}

const scalarDecoders: Readonly<Record<ScalarType, ValueDecoder>> = {
  string: (reader) => reader.string(),
  bool: (reader) => reader.bool(),
  int32: (reader) => reader.int32(),
  int64: (reader) => Number(reader.int64()),
  bytes: (reader) => Buffer.from(reader.bytes()).toString('base64'),
  quantity: (reader) => readText(reader) ?? '0',
  time: (reader) => readTime(reader, false),
  micro: (reader) => readTime(reader, true),
  intstr: readIntOrString,
  fields: (reader) => JSON.parse(readText(reader) ?? '{}') as unknown,
};

/** The text of a message whose field 1 is all that it has; undefined if it is not there. */
function readText(reader: BinaryReader): string | undefined {
  const message = new BinaryReader(reader.bytes());
  let text: string | undefined;
  while (message.pos < message.len) {
    const [number, wireType] = message.tag();
    if (number === 1) text = message.string();
    else message.skip(wireType, number);
  }
  return text;
}

/** null is the zero time. */
function readTime(reader: BinaryReader, micro: boolean): string | null {
  const bytes = reader.bytes();
  if (bytes.length === 0) return null;
  const message = new BinaryReader(bytes);
  let seconds = 0;
  let nanoseconds = 0;
  while (message.pos < message.len) {
    const [number, wireType] = message.tag();
    if (number === 1) seconds = Number(message.int64());
    else if (number === 2) nanoseconds = message.int32();
    else message.skip(wireType, number);
  }
  const time = { seconds, microseconds: Math.floor(nanoseconds / 1000) };
  return micro ? formatMicroTime(time) : formatTime(time);
}

function readIntOrString(reader: BinaryReader): number | string {
  const message = new BinaryReader(reader.bytes());
  let isText = false;
  let number = 0;
  let text = '';
  while (message.pos < message.len) {
    const [fieldNumber, wireType] = message.tag();
    if (fieldNumber === 1) isText = message.int64().toString() === '1';
    else if (fieldNumber === 2) number = message.int32();
    else if (fieldNumber === 3) text = message.string();
    else message.skip(wireType, fieldNumber);
  }
  return isText ? text : number;
}
