/** JSON schemas of the objects, made from the same table as the protobuf codec. */
import type { JsonObject } from '../../apiserver/object.ts';
import type { Field, Message, ScalarType } from '../../apiserver/schema/message.ts';
import { apiVersionOf, servedResources } from '../../apiserver/schema/resources.ts';
import { descriptions } from './descriptions.ts';

const metaPackage = 'io.k8s.apimachinery.pkg.apis.meta.v1';

/** The types that have a schema of their own although they are one value. */
const namedScalars: Readonly<Partial<Record<ScalarType, { name: string; schema: JsonObject }>>> = {
  time: { name: `${metaPackage}.Time`, schema: { type: 'string', format: 'date-time' } },
  micro: { name: `${metaPackage}.MicroTime`, schema: { type: 'string', format: 'date-time' } },
  fields: { name: `${metaPackage}.FieldsV1`, schema: { type: 'object' } },
  quantity: { name: 'io.k8s.apimachinery.pkg.api.resource.Quantity', schema: { type: 'string' } },
  intstr: {
    name: 'io.k8s.apimachinery.pkg.util.intstr.IntOrString',
    schema: { type: 'string', format: 'int-or-string' },
  },
};

const plainScalars: Readonly<Partial<Record<ScalarType, JsonObject>>> = {
  string: { type: 'string' },
  bool: { type: 'boolean' },
  int32: { type: 'integer', format: 'int32' },
  int64: { type: 'integer', format: 'int64' },
  bytes: { type: 'string', format: 'byte' },
};

/** The name of a message's schema, such as `io.k8s.api.storage.v1.VolumeAttachment`. */
function schemaName(message: Message): string {
  const [packageName = '', name = ''] = message.name.split('.');
  return packageName === 'meta' ? `${metaPackage}.${name}` : `io.k8s.api.${packageName}.v1.${name}`;
}

/**
 * The schemas of the messages and of all that they hold, by name.
 * `refPrefix` is where the document keeps schemas: `#/components/schemas/` in version 3, `#/definitions/` in version 2.
 */
export function schemasOf(messages: readonly Message[], refPrefix: string): Record<string, JsonObject> {
  const schemas = new Map<string, JsonObject>();
  const add = (message: Message): void => {
    const name = schemaName(message);
    if (schemas.has(name)) return;
    // In place before what it holds, so that a message may hold itself.
    schemas.set(name, {});
    schemas.set(name, messageSchema(message, refPrefix));
    for (const field of allFields(message)) {
      if (typeof field.type !== 'string') add(field.type);
      else {
        const named = namedScalars[field.type];
        if (named) schemas.set(named.name, named.schema);
      }
    }
  };
  messages.forEach(add);
  return Object.fromEntries([...schemas].sort(([left], [right]) => (left < right ? -1 : 1)));
}

/** The fields as the JSON has them, with those that lie in the message without a name of their own. */
function allFields(message: Message): Field[] {
  return message.fields.flatMap((field) =>
    field.inline && typeof field.type !== 'string' ? allFields(field.type) : [field],
  );
}

function messageSchema(message: Message, refPrefix: string): JsonObject {
  const texts = descriptions[message.name];
  const kinds = kindsOf(message);
  const properties: Record<string, JsonObject> = {};
  if (kinds.length > 0) {
    properties.apiVersion = { type: 'string', description: 'Group and version of the object’s schema.' };
    properties.kind = { type: 'string', description: 'What the object is.' };
  }
  const required: string[] = [];
  for (const field of allFields(message)) {
    const description = texts?.fields?.[field.name];
    properties[field.name] = { ...(description ? { description } : {}), ...fieldSchema(field, refPrefix) };
    if (!field.optional) required.push(field.name);
  }
  return {
    ...(texts ? { description: texts.message } : {}),
    type: 'object',
    ...(required.length > 0 ? { required } : {}),
    properties,
    ...(kinds.length > 0 ? { 'x-kubernetes-group-version-kind': kinds } : {}),
  };
}

/** The kinds whose objects are that message; none if it is only a part of others. */
function kindsOf(message: Message): JsonObject[] {
  return servedResources
    .filter((resource) => resource.message === message.name)
    .map(({ group, version, kind }) => ({ group, version, kind }));
}

function fieldSchema(field: Field, refPrefix: string): JsonObject {
  const one = valueSchema(field.type, refPrefix);
  switch (field.shape) {
    case 'one':
      return one;
    case 'list':
      return { type: 'array', items: one, ...patchExtensions(field) };
    case 'map':
      return { type: 'object', additionalProperties: one };
    case 'lists':
      return { type: 'object', additionalProperties: { type: 'array', items: one } };
  }
}

function valueSchema(type: Field['type'], refPrefix: string): JsonObject {
  if (typeof type !== 'string') return { $ref: refPrefix + schemaName(type) };
  const named = namedScalars[type];
  return named ? { $ref: refPrefix + named.name } : { ...plainScalars[type] };
}

/** What a client must know to make a strategic merge patch of a list. */
function patchExtensions({ strategy, mergeKey }: Field): JsonObject {
  if (strategy === undefined) return {};
  return {
    'x-kubernetes-patch-strategy': strategy,
    ...(mergeKey === undefined ? {} : { 'x-kubernetes-patch-merge-key': mergeKey }),
  };
}

/** `api/v1` or `apis/<group>/v1`. */
export function groupVersionPath(resource: { group: string; version: string }): string {
  return resource.group === '' ? `api/${resource.version}` : `apis/${apiVersionOf(resource)}`;
}
