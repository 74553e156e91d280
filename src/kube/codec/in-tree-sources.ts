import type { InTreePlugin, InTreeSource, SecretReference } from '../api/objects.ts';
import type { ProtoReader } from './proto-reader.ts';
import { asObject, readSecretReference, secretReference } from './values.ts';

type FieldType = 'string' | 'int32' | 'bool' | 'secret';

/**
 * One field of a source. `zero` says whether an empty value is a value: Go writes every non-pointer into protobuf even
 * where the JSON omits it, and both encodings have to come out the same.
 */
interface Field {
  number: number;
  name: string;
  type: FieldType;
  zero: 'kept' | 'absent';
}

function field(number: number, name: string, type: FieldType, zero: Field['zero']): Field {
  return { number, name, type, zero };
}

const fieldsOf: Record<InTreePlugin, readonly Field[]> = {
  awsElasticBlockStore: [
    field(1, 'volumeID', 'string', 'kept'),
    field(2, 'fsType', 'string', 'absent'),
    field(3, 'partition', 'int32', 'absent'),
    field(4, 'readOnly', 'bool', 'absent'),
  ],
  gcePersistentDisk: [
    field(1, 'pdName', 'string', 'kept'),
    field(2, 'fsType', 'string', 'absent'),
    field(3, 'partition', 'int32', 'absent'),
    field(4, 'readOnly', 'bool', 'absent'),
  ],
  azureDisk: [
    field(1, 'diskName', 'string', 'kept'),
    field(2, 'diskURI', 'string', 'kept'),
    field(3, 'cachingMode', 'string', 'kept'),
    field(4, 'fsType', 'string', 'kept'),
    field(5, 'readOnly', 'bool', 'kept'),
    field(6, 'kind', 'string', 'kept'),
  ],
  azureFile: [
    field(1, 'secretName', 'string', 'kept'),
    field(2, 'shareName', 'string', 'kept'),
    field(3, 'readOnly', 'bool', 'absent'),
    field(4, 'secretNamespace', 'string', 'kept'),
  ],
  cinder: [
    field(1, 'volumeID', 'string', 'kept'),
    field(2, 'fsType', 'string', 'absent'),
    field(3, 'readOnly', 'bool', 'absent'),
    field(4, 'secretRef', 'secret', 'kept'),
  ],
  vsphereVolume: [
    field(1, 'volumePath', 'string', 'kept'),
    field(2, 'fsType', 'string', 'absent'),
    field(3, 'storagePolicyName', 'string', 'absent'),
    field(4, 'storagePolicyID', 'string', 'absent'),
  ],
  portworxVolume: [
    field(1, 'volumeID', 'string', 'kept'),
    field(2, 'fsType', 'string', 'absent'),
    field(3, 'readOnly', 'bool', 'absent'),
  ],
};

type Value = string | number | boolean | SecretReference;

/** The message of one in-tree source. */
export function readInTreeSource(reader: ProtoReader, plugin: InTreePlugin): InTreeSource {
  const end = reader.enter();
  const fields: Record<string, Value> = {};
  while (reader.pos < end) {
    const tag = reader.tag();
    const known = fieldsOf[plugin].find(({ number }) => number === tag >>> 3);
    if (known === undefined) {
      reader.skip(tag);
      continue;
    }
    keep(fields, known, readValue(reader, known.type));
  }
  reader.leave(end);
  return { plugin, fields };
}

function readValue(reader: ProtoReader, type: FieldType): Value {
  switch (type) {
    case 'string':
      return reader.string();
    case 'int32':
      return reader.int32();
    case 'bool':
      return reader.bool();
    case 'secret':
      return readSecretReference(reader);
  }
}

export function inTreeSourceFromJson(value: unknown, plugin: InTreePlugin): InTreeSource {
  const source = asObject(value);
  const fields: Record<string, Value> = {};
  for (const known of fieldsOf[plugin]) {
    const given = valueFromJson(source[known.name], known.type);
    if (given !== undefined) keep(fields, known, given);
  }
  return { plugin, fields };
}

/** Undefined if the value is absent, or of another type than the field. */
function valueFromJson(value: unknown, type: FieldType): Value | undefined {
  switch (type) {
    case 'string':
      return typeof value === 'string' ? value : undefined;
    case 'int32':
      return Number.isInteger(value) ? (value as number) : undefined;
    case 'bool':
      return typeof value === 'boolean' ? value : undefined;
    case 'secret':
      return secretReference(value);
  }
}

function keep(fields: Record<string, Value>, known: Field, value: Value): void {
  if (known.zero === 'kept' || (value !== '' && value !== 0 && value !== false)) fields[known.name] = value;
}
