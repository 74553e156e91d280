/**
 * OpenAPI version 2 as protobuf, the only form in which kubectl takes it. It does so for a manifest of `kind: List`,
 * which it validates itself; only what it looks at is there.
 */
import { BinaryWriter } from '@bufbuild/protobuf/wire';
import type { JsonObject } from '../../apiserver/object.ts';

/** Fields of the message Document and of those in it. */
const documentFields = { swagger: 1, info: 2, paths: 8, definitions: 9 } as const;
const infoFields = { title: 1, version: 2 } as const;
const operationFields = { consumes: 7, extensions: 13 } as const;
const schemaFields = {
  $ref: 1,
  format: 2,
  description: 4,
  required: 19,
  additionalProperties: 21,
  type: 22,
  items: 23,
  properties: 25,
  extensions: 31,
} as const;
const patchOfPath = 8;

/** `document` is OpenAPI 2.0, as JSON has it. */
export function encodeOpenApi(document: JsonObject): Uint8Array {
  const writer = new BinaryWriter();
  writeText(writer, documentFields.swagger, document.swagger);
  writeMessage(writer, documentFields.info, () => {
    const info = document.info as JsonObject;
    writeText(writer, infoFields.title, info.title);
    writeText(writer, infoFields.version, info.version);
  });
  writeMessage(writer, documentFields.paths, () => {
    writeNamed(writer, 2, document.paths, (path) => writePath(writer, path));
  });
  writeMessage(writer, documentFields.definitions, () => {
    writeNamed(writer, 1, document.definitions, (schema) => writeSchema(writer, schema));
  });
  return writer.finish();
}

/** Of the operations only PATCH is looked at. */
function writePath(writer: BinaryWriter, path: JsonObject): void {
  const patch = path.patch as JsonObject | undefined;
  if (patch === undefined) return;
  writeMessage(writer, patchOfPath, () => {
    for (const type of patch.consumes as string[]) writeText(writer, operationFields.consumes, type);
    writeExtensions(writer, operationFields.extensions, patch);
  });
}

function writeSchema(writer: BinaryWriter, schema: JsonObject): void {
  writeText(writer, schemaFields.$ref, schema.$ref);
  writeText(writer, schemaFields.format, schema.format);
  writeText(writer, schemaFields.description, schema.description);
  for (const name of (schema.required ?? []) as string[]) writeText(writer, schemaFields.required, name);
  const { additionalProperties, items, properties, type } = schema;
  if (additionalProperties !== undefined) {
    writeMessage(writer, schemaFields.additionalProperties, () => writeSchemaIn(writer, additionalProperties));
  }
  if (type !== undefined) writeMessage(writer, schemaFields.type, () => writeText(writer, 1, type));
  if (items !== undefined) writeMessage(writer, schemaFields.items, () => writeSchemaIn(writer, items));
  if (properties !== undefined) {
    writeMessage(writer, schemaFields.properties, () => {
      writeNamed(writer, 1, properties, (property) => writeSchema(writer, property));
    });
  }
  writeExtensions(writer, schemaFields.extensions, schema);
}

/** A schema that is the first field of its message. */
function writeSchemaIn(writer: BinaryWriter, schema: unknown): void {
  writeMessage(writer, 1, () => writeSchema(writer, schema as JsonObject));
}

/** The fields whose names start with `x-`, each as YAML text, of which JSON is a part. */
function writeExtensions(writer: BinaryWriter, number: number, object: JsonObject): void {
  const extensions = Object.entries(object).filter(([name]) => name.startsWith('x-'));
  for (const [name, value] of extensions) {
    writeMessage(writer, number, () => {
      writeText(writer, 1, name);
      writeMessage(writer, 2, () => writeText(writer, 2, JSON.stringify(value)));
    });
  }
}

/** A map, as a list of names and values. */
function writeNamed(writer: BinaryWriter, number: number, map: unknown, write: (value: JsonObject) => void): void {
  for (const [name, value] of Object.entries(map as Record<string, JsonObject>)) {
    writeMessage(writer, number, () => {
      writeText(writer, 1, name);
      writeMessage(writer, 2, () => write(value));
    });
  }
}

function writeMessage(writer: BinaryWriter, number: number, write: () => void): void {
  writer.tag(number, 2).fork();
  write();
  writer.join();
}

function writeText(writer: BinaryWriter, number: number, text: unknown): void {
  if (typeof text === 'string') writer.tag(number, 2).string(text);
}
