/**
 * Brings what a client sent into the form that the server stores and shows: fields in the schema's order, unknown ones
 * dropped (and named), empty ones left out or shown as Go would, times normalised.
 */

import { badRequest } from '../errors.ts';
import { isObject, type JsonObject } from '../object.ts';
import type { Field, Message } from '../schema/message.ts';
import { emptyValue, isLeftOut } from './decode.ts';
import { formatMicroTime, formatTime, parseTime } from './time.ts';

export interface Canonical {
  object: JsonObject;
  /** Paths of fields that the schema does not know, such as `status.conditions`. */
  unknown: string[];
}

/** Throws ApiError (400) if a value is not of its field's type. */
export function canonical(message: Message, input: JsonObject): Canonical {
  const unknown: string[] = [];
  return { object: convertMessage(message, input, { path: '', unknown }), unknown };
}

interface Place {
  /** Path of the value, empty at the top. */
  path: string;
  unknown: string[];
}

const knownNames = new Map<Message, ReadonlySet<string>>();

function namesOf(message: Message): ReadonlySet<string> {
  let names = knownNames.get(message);
  if (names === undefined) {
    const own = new Set<string>(message.name.includes('.') ? ['kind', 'apiVersion'] : []);
    for (const field of message.fields) {
      if (field.inline && typeof field.type !== 'string') for (const name of namesOf(field.type)) own.add(name);
      else own.add(field.name);
    }
    names = own;
    knownNames.set(message, names);
  }
  return names;
}

function convertMessage(message: Message, input: JsonObject, place: Place): JsonObject {
  const names = namesOf(message);
  for (const key in input) {
    if (!names.has(key) || (isTypeField(key) && place.path !== '' && !hasField(message, key))) {
      place.unknown.push(join(place.path, key));
    }
  }
  const output: JsonObject = {};
  writeFields(message, input, output, place);
  return output;
}

function isTypeField(key: string): boolean {
  return key === 'kind' || key === 'apiVersion';
}

function hasField(message: Message, name: string): boolean {
  return message.fields.some((field) => field.name === name);
}

function writeFields(message: Message, input: JsonObject, output: JsonObject, place: Place): void {
  for (const field of message.fields) {
    if (field.inline && typeof field.type !== 'string') {
      writeFields(field.type, input, output, place);
      continue;
    }
    const value = input[field.name];
    if (field.pointer && (value === undefined || value === null)) {
      if (!field.omitEmpty) output[field.name] = null;
      continue;
    }
    const path = place.path === '' ? field.name : `${place.path}.${field.name}`;
    const shown = convertField(field, value, { path, unknown: place.unknown });
    if (field.pointer ? shown !== null || !field.omitEmpty : !isLeftOut(field, shown)) output[field.name] = shown;
  }
}

function convertField(field: Field, value: unknown, place: Place): unknown {
  if (value === undefined || value === null) {
    return field.pointer || field.shape !== 'one' ? null : emptyValue(field.type);
  }
  switch (field.shape) {
    case 'one':
      return convertOne(field.type, value, place);
    case 'list': {
      const list = Array.isArray(value) ? value : wrongType(value, 'slice', place);
      if (list.length === 0) return null;
      return list.map((item, index) =>
        convertOne(field.type, item, { path: `${place.path}[${index}]`, unknown: place.unknown }),
      );
    }
    case 'map':
    case 'lists':
      return convertMap(field, isObject(value) ? value : wrongType(value, 'map', place), place);
  }
}

function convertMap(field: Field, map: JsonObject, place: Place): JsonObject | null {
  const keys = Object.keys(map);
  if (keys.length === 0) return null;
  const entries = keys.sort().map((key): [string, unknown] => {
    const value = map[key];
    if (field.shape === 'lists') return [key, value];
    return [key, convertOne(field.type, value, { path: join(place.path, key), unknown: place.unknown })];
  });
  return Object.fromEntries(entries);
}

function convertOne(type: Field['type'], value: unknown, place: Place): unknown {
  if (typeof type !== 'string') {
    return convertMessage(type, isObject(value) ? value : wrongType(value, type.name, place), place);
  }
  switch (type) {
    case 'string':
      // A null in a map of texts is an empty text.
      if (value === null) return '';
      return typeof value === 'string' ? value : wrongType(value, 'string', place);
    case 'bytes':
      if (value === null) return '';
      return typeof value === 'string' ? value : wrongType(value, '[]uint8', place);
    case 'bool':
      return typeof value === 'boolean' ? value : wrongType(value, 'bool', place);
    case 'int32':
    case 'int64':
      return typeof value === 'number' && Number.isInteger(value) ? value : wrongType(value, type, place);
    case 'quantity':
      return typeof value === 'number' ? String(value) : value;
    case 'time':
    case 'micro': {
      // Nearly all times come in the form in which they are stored.
      if (type === 'time' && typeof value === 'string' && isPlainTime(value)) return value;
      const time = typeof value === 'string' ? parseTime(value) : undefined;
      if (time === undefined) throw badRequest(`parsing time ${JSON.stringify(value)} as "2006-01-02T15:04:05Z07:00"`);
      return type === 'micro' ? formatMicroTime(time) : formatTime(time);
    }
    case 'intstr':
    case 'fields':
      return value;
  }
}

function isPlainTime(value: string): boolean {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(value) && !Number.isNaN(Date.parse(value));
}

function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}

function wrongType(value: unknown, wanted: string, place: Place): never {
  const found = Array.isArray(value) ? 'array' : isObject(value) ? 'object' : typeof value;
  throw badRequest(
    `json: cannot unmarshal ${found === 'boolean' ? 'bool' : found} into Go struct field .${place.path} of type ${wanted}`,
  );
}
