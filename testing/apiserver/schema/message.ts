/**
 * The shape of Kubernetes' messages, from which the protobuf codec, the pruning of unknown fields and OpenAPI are all
 * made.
 *
 * A message is written as its fields in the order of the JSON, divided by semicolons: `number name: type`.
 * `name?` may be left out of the JSON when it is empty; `name??` also drops an empty time, which is otherwise null;
 * `name~` is always in the JSON that the server sends, but a client need not send it; `@` stands for no name: the
 * nested message's fields lie in the parent's JSON. Types: a scalar or a message, `[]T` a list, `map T` a map with text
 * keys, `*T` a value that can be absent (all others are on the wire even when they are empty). A message of the same
 * package goes without the package's name. `~merge:key` is the strategic merge patch strategy with its merge key.
 */
import { coreNodeMessages } from './core-nodes.ts';
import { corePodVolumeMessages } from './core-pod-volumes.ts';
import { corePodMessages } from './core-pods.ts';
import { coreVolumeMessages } from './core-volumes.ts';
import {
  authenticationMessages,
  authorizationMessages,
  coordinationMessages,
  csiMessages,
  eventsMessages,
  rbacMessages,
  storageMessages,
} from './groups.ts';
import { metaMessages } from './meta.ts';
import { workloadMessages } from './workloads.ts';

const scalarTypes = [
  'string',
  'bool',
  'int32',
  'int64',
  'bytes',
  'quantity',
  'time',
  'micro',
  'intstr',
  'fields',
] as const;
/** `time` and `micro` are RFC 3339 text in JSON, `bytes` base64, `fields` (FieldsV1) any JSON. */
export type ScalarType = (typeof scalarTypes)[number];

export interface Field {
  readonly number: number;
  /** Name in the JSON; empty if the fields of the message lie in the parent. */
  readonly name: string;
  readonly inline: boolean;
  /** Left out of the JSON when empty. Has no effect on messages and times that are always there. */
  readonly omitEmpty: boolean;
  /** An empty time is left out of the JSON, too. */
  readonly omitZero: boolean;
  /** A client may leave it out. */
  readonly optional: boolean;
  /** Absent is not the same as empty. */
  readonly pointer: boolean;
  /** `lists` is a map of lists of text (ExtraValue). */
  readonly shape: 'one' | 'list' | 'map' | 'lists';
  readonly type: ScalarType | Message;
  /** How a strategic merge patch treats a list; undefined: replaced as a whole. */
  readonly strategy: string | undefined;
  readonly mergeKey: string | undefined;
}

export interface Message {
  /** Package and name, such as `storage.VolumeAttachment`. */
  readonly name: string;
  /** In the order of the JSON. */
  readonly fields: readonly Field[];
}

const notation: Readonly<Record<string, string>> = {
  ...metaMessages,
  ...coreVolumeMessages,
  ...coreNodeMessages,
  ...corePodMessages,
  ...corePodVolumeMessages,
  ...workloadMessages,
  ...storageMessages,
  ...csiMessages,
  ...coordinationMessages,
  ...eventsMessages,
  ...rbacMessages,
  ...authorizationMessages,
  ...authenticationMessages,
};

const parsed = new Map<string, Message>();

/** The message of that package and name. Throws if there is none. */
export function messageNamed(name: string): Message {
  const known = parsed.get(name);
  if (known) return known;
  const text = notation[name];
  if (text === undefined) throw new Error(`no message ${name} in the schema`);
  const fields: Field[] = [];
  const message: Message = { name, fields };
  // Known before its fields are read, so that a message may hold itself.
  parsed.set(name, message);
  const packageName = name.slice(0, name.indexOf('.'));
  for (const part of text.split(';')) fields.push(parseField(part.trim(), packageName));
  return message;
}

/** All messages of the schema, by name. */
export function allMessages(): Message[] {
  return Object.keys(notation).map(messageNamed);
}

const fieldPattern = /^(\d+) (@|\w+?)(\?{0,2}|~): (\*?)(\[\]|map \[\]|map )?([\w.]+)(?: ~([\w,]+)(?::(\w+))?)?$/;

function parseField(text: string, packageName: string): Field {
  const match = fieldPattern.exec(text);
  if (!match) throw new Error(`the schema has a field that cannot be read: ${text}`);
  const [, number = '', name = '', omit = '', star, container = '', type = '', strategy, mergeKey] = match;
  return {
    number: Number(number),
    name: name === '@' ? '' : name,
    inline: name === '@',
    omitEmpty: omit.startsWith('?'),
    omitZero: omit === '??',
    optional: omit !== '' || star === '*',
    pointer: star === '*',
    shape: shapes[container] ?? 'one',
    type: isScalar(type) ? type : messageNamed(type.includes('.') ? type : `${packageName}.${type}`),
    strategy,
    mergeKey,
  };
}

const shapes: Readonly<Record<string, Field['shape']>> = { '[]': 'list', 'map ': 'map', 'map []': 'lists' };

function isScalar(type: string): type is ScalarType {
  return (scalarTypes as readonly string[]).includes(type);
}
