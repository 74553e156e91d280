/** Holds an object against the fields that Kubernetes' own OpenAPI gives its kind, as the generated client knows them. */
import * as client from '@kubernetes/client-node';

interface Attribute {
  baseName: string;
  type: string;
}

interface Model {
  getAttributeTypeMap(): Attribute[];
}

const models = client as unknown as Record<string, Model | undefined>;

/** A line for each field that the kind does not have, or that has a value of another type. */
export function schemaProblems(object: { apiVersion: string; kind: string }): string[] {
  const version = object.apiVersion.replace(/^.*\//, '');
  return problems(object, `${version.charAt(0).toUpperCase()}${version.slice(1)}${object.kind}`, object.kind);
}

function problems(value: unknown, type: string, path: string): string[] {
  const [, item] = /^Array<(.+)>$/.exec(type) ?? [];
  if (item !== undefined) {
    if (!Array.isArray(value)) return [`${path} is not a list`];
    return value.flatMap((each, at) => problems(each, item, `${path}[${at}]`));
  }
  const [, mapped] = /^\{ \[key: string\]: (.+); \}$/.exec(type) ?? [];
  if (mapped !== undefined) {
    if (!isFields(value)) return [`${path} is not a map`];
    return Object.entries(value).flatMap(([key, each]) => problems(each, mapped, `${path}.${key}`));
  }
  const model = models[type];
  if (model?.getAttributeTypeMap !== undefined) return fieldProblems(value, model, type, path);
  const wanted = scalars[type];
  if (wanted === undefined) return [`${path}: nothing is known of the type ${type}`];
  return wanted.includes(typeof value) ? [] : [`${path} is not a ${wanted.join(' or ')}: ${JSON.stringify(value)}`];
}

const scalars: Readonly<Record<string, readonly string[]>> = {
  string: ['string'],
  number: ['number'],
  boolean: ['boolean'],
  IntOrString: ['number', 'string'],
};

function fieldProblems(value: unknown, model: Model, type: string, path: string): string[] {
  if (!isFields(value)) return [`${path} is not an object (${type})`];
  const attributes = new Map(model.getAttributeTypeMap().map((attribute) => [attribute.baseName, attribute.type]));
  return Object.entries(value).flatMap(([name, each]) => {
    const own = attributes.get(name);
    return own === undefined ? [`${path} has no field ${name} (${type})`] : problems(each, own, `${path}.${name}`);
  });
}

function isFields(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
