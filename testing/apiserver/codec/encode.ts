/**
 * JSON objects to Kubernetes protobuf, byte for byte as the Go code does it: fields by number, values that cannot be
 * absent even when empty, maps by key. Each message is compiled once into closures, since the server encodes every
 * object that it hands out.
 */
import type { BinaryWriter } from '@bufbuild/protobuf/wire';
import type { Field, Message, ScalarType } from '../schema/message.ts';
import { parseTime } from './time.ts';

export type JsonObject = Readonly<Record<string, unknown>>;
export type Encoder = (writer: BinaryWriter, value: JsonObject) => void;
type ValueEncoder = (writer: BinaryWriter, value: unknown) => void;

const varint = 0;
const lengthDelimited = 2;
const nothing: JsonObject = {};

/** A value that cannot be written as its field's type. */
export class EncodeError extends Error {
  override readonly name = 'EncodeError';
}

const compiled = new Map<Message, Encoder>();

/** Writes the fields of `message`, without tag and length. Unknown fields of the value are left out. */
export function encoderOf(message: Message): Encoder {
  const known = compiled.get(message);
  if (known) return known;
  let fields: Encoder[] = [];
  const encoder: Encoder = (writer, value) => {
    for (const encodeField of fields) encodeField(writer, value);
  };
  // Known before its fields are compiled, so that a message may hold itself.
  compiled.set(message, encoder);
  fields = [...message.fields].sort((a, b) => a.number - b.number).map(fieldEncoder);
  return encoder;
}

function fieldEncoder(field: Field): Encoder {
  switch (field.shape) {
    case 'one':
      return field.inline ? inlineEncoder(field) : singleEncoder(field);
    case 'list':
      return listEncoder(field);
    case 'map':
      return mapEncoder(field);
    case 'lists':
      return mapEncoder(field);
  }
}

function tagOf(number: number, type: Field['type']): number {
  const isVarint = type === 'bool' || type === 'int32' || type === 'int64';
  return ((number << 3) | (isVarint ? varint : lengthDelimited)) >>> 0;
}

function inlineEncoder(field: Field): Encoder {
  if (typeof field.type === 'string') throw new Error('only a message can lie in its parent');
  const tag = tagOf(field.number, field.type);
  const encode = encoderOf(field.type);
  return (writer, value) => {
    writer.uint32(tag).fork();
    encode(writer, value);
    writer.join();
  };
}

function singleEncoder(field: Field): Encoder {
  const { name, type } = field;
  const tag = tagOf(field.number, type);
  const encode = valueEncoder(type);
  // A list of bytes that is not there is nil in Go, and nil is not written.
  if (field.pointer || type === 'bytes') {
    return (writer, object) => {
      const value = object[name];
      if (value === undefined || value === null) return;
      writer.uint32(tag);
      encode(writer, value);
    };
  }
  const empty = emptyValue(type);
  return (writer, object) => {
    writer.uint32(tag);
    encode(writer, object[name] ?? empty);
  };
}

function emptyValue(type: Field['type']): unknown {
  if (typeof type !== 'string') return nothing;
  return emptyScalars[type];
}

const emptyScalars: Readonly<Record<ScalarType, unknown>> = {
  string: '',
  bool: false,
  int32: 0,
  int64: 0,
  bytes: '',
  quantity: '0',
  time: null,
  micro: null,
  intstr: 0,
  fields: nothing,
};

function listEncoder(field: Field): Encoder {
  const { name } = field;
  const tag = tagOf(field.number, field.type);
  const encode = valueEncoder(field.type);
  return (writer, object) => {
    const values = object[name];
    if (values === undefined || values === null) return;
    if (!Array.isArray(values)) throw new EncodeError(`${name} is not a list`);
    for (const value of values) {
      writer.uint32(tag);
      encode(writer, value);
    }
  };
}

function mapEncoder(field: Field): Encoder {
  const { name } = field;
  const tag = tagOf(field.number, 'string');
  const valueTag = tagOf(2, field.shape === 'lists' ? 'string' : field.type);
  const encode = field.shape === 'lists' ? textListEncoder : valueEncoder(field.type);
  return (writer, object) => {
    const map = object[name];
    if (map === undefined || map === null) return;
    if (typeof map !== 'object') throw new EncodeError(`${name} is not a map`);
    const values = map as JsonObject;
    const keys = Object.keys(values);
    if (keys.length > 1) keys.sort();
    for (const key of keys) {
      writer.uint32(tag).fork().uint32(10).string(key);
      const value = values[key];
      if (value !== null || field.type !== 'bytes') {
        writer.uint32(valueTag);
        encode(writer, value);
      }
      writer.join();
    }
  };
}

/** ExtraValue: a message whose only field is a list of texts. */
function textListEncoder(writer: BinaryWriter, value: unknown): void {
  writer.fork();
  if (Array.isArray(value)) for (const item of value) writer.uint32(10).string(String(item));
  writer.join();
}

/** Writes one value without its tag. */
function valueEncoder(type: Field['type']): ValueEncoder {
  if (typeof type === 'string') return scalarEncoders[type];
  let encode: Encoder | undefined;
  return (writer, value) => {
    encode ??= encoderOf(type);
    if (typeof value !== 'object' || value === null) throw new EncodeError(`${type.name} is not an object`);
    writer.fork();
    encode(writer, value as JsonObject);
    writer.join();
  };
}

const scalarEncoders: Readonly<Record<ScalarType, ValueEncoder>> = {
  string: (writer, value) => {
    if (typeof value !== 'string') throw new EncodeError(`${JSON.stringify(value)} is not text`);
    writer.string(value);
  },
  bool: (writer, value) => void writer.bool(value === true),
  int32: (writer, value) => void writer.int32(toInteger(value)),
  int64: (writer, value) => encodeInt64(writer, toInteger(value)),
  bytes: (writer, value) => void writer.bytes(Buffer.from(String(value), 'base64')),
  quantity: (writer, value) => void writer.fork().uint32(10).string(String(value)).join(),
  time: (writer, value) => encodeTime(writer, value, false),
  micro: (writer, value) => encodeTime(writer, value, true),
  intstr: encodeIntOrString,
  fields: (writer, value) => void writer.fork().uint32(10).string(JSON.stringify(value)).join(),
};

function toInteger(value: unknown): number {
  if (typeof value === 'number' && Number.isInteger(value)) return value;
  throw new EncodeError(`${JSON.stringify(value)} is not a whole number`);
}

function encodeInt64(writer: BinaryWriter, value: number): void {
  // The way over 64-bit integers is slow, and nearly all values are small.
  if (value >= 0 && value <= 0xffffffff) writer.uint32(value);
  else writer.int64(value);
}

// Most objects were created within the same second as the one before.
let lastTime: { text: string; time: ReturnType<typeof parseTime> } = { text: '', time: undefined };

/** Seconds and nanoseconds; an empty message is the zero time. Time has whole seconds, MicroTime microseconds. */
function encodeTime(writer: BinaryWriter, value: unknown, micro: boolean): void {
  writer.fork();
  if (typeof value === 'string') {
    const time = value === lastTime.text ? lastTime.time : parseTime(value);
    lastTime = { text: value, time };
    if (!time) throw new EncodeError(`${JSON.stringify(value)} is not a time`);
    writer.uint32(8);
    encodeInt64(writer, time.seconds);
    writer.uint32(16).int32(micro ? time.microseconds * 1000 : 0);
  }
  writer.join();
}

function encodeIntOrString(writer: BinaryWriter, value: unknown): void {
  const isText = typeof value === 'string';
  writer.fork();
  writer.uint32(8).uint32(isText ? 1 : 0);
  writer.uint32(16).int32(isText ? 0 : toInteger(value));
  writer.uint32(26).string(isText ? value : '');
  writer.join();
}
