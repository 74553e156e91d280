/** Label and field selectors of lists and watches. */
import { badRequest } from '../errors.ts';
import { child, type JsonObject, type KubeObject } from '../object.ts';
import type { Resource } from '../registry.ts';

export interface Selector {
  /** Undefined where everything matches. */
  readonly matches: ((object: KubeObject) => boolean) | undefined;
}

type Test = (object: KubeObject) => boolean;

/** Throws ApiError (400) if a selector cannot be read or names a field that is not indexed. */
export function readSelector(resource: Resource, query: URLSearchParams): Selector {
  const tests: Test[] = [];
  const labels = query.get('labelSelector');
  if (labels) tests.push(...labelTests(labels));
  const fields = query.get('fieldSelector');
  if (fields) tests.push(...fieldTests(resource, fields));
  if (tests.length === 0) return { matches: undefined };
  return { matches: (object) => tests.every((test) => test(object)) };
}

function fieldTests(resource: Resource, selector: string): Test[] {
  return selector
    .split(',')
    .filter((term) => term !== '')
    .map((term) => {
      const match = /^(.*?)(!=|==|=)(.*)$/.exec(term);
      if (match === null) {
        throw badRequest(`invalid selector: '${selector}'; can't understand '${term}'`);
      }
      const [, path = '', operator, wanted] = match;
      const read = fieldReader(resource, path);
      return operator === '!=' ? (object) => read(object) !== wanted : (object) => read(object) === wanted;
    });
}

function fieldReader(resource: Resource, path: string): (object: KubeObject) => string {
  if (path === 'metadata.name') return (object) => object.metadata.name;
  if (path === 'metadata.namespace') return (object) => object.metadata.namespace ?? '';
  const special = resource.strategy.selectable[path];
  if (special !== undefined) return special;
  throw badRequest(`"${path}" is not a known field selector: only "metadata.name", "metadata.namespace"`);
}

function labelsOf(object: KubeObject): JsonObject {
  return child(object.metadata, 'labels');
}

/** Requirements are divided by commas; what each operator needs is said by the reader of its kind. */
function labelTests(selector: string): Test[] {
  const tokens = [...selector.matchAll(/\s*(==|=|!=|!|,|\(|\)|<|>|[^\s=!,()<>]+)/g)].map((match) => match[1] ?? '');
  const reader = new TokenReader(tokens);
  const tests: Test[] = [];
  if (reader.peek() === undefined) return tests;
  for (;;) {
    tests.push(readRequirement(reader));
    const next = reader.next();
    if (next === undefined) return tests;
    if (next !== ',') throw badRequest(`found '${next}', expected: ',' or 'end of string'`);
    const following = reader.peek();
    if (following === undefined || !(following === '!' || isWord(following))) {
      throw badRequest(`found '${following ?? ''}', expected: identifier after ','`);
    }
  }
}

class TokenReader {
  readonly #tokens: readonly string[];
  #at = 0;

  constructor(tokens: readonly string[]) {
    this.#tokens = tokens;
  }

  peek(): string | undefined {
    return this.#tokens[this.#at];
  }

  next(): string | undefined {
    return this.#tokens[this.#at++];
  }
}

function isWord(token: string): boolean {
  return !/^[=!,()<>]/.test(token);
}

function readRequirement(reader: TokenReader): Test {
  const first = reader.next() ?? '';
  if (first === '!') {
    const key = readWord(reader, 'identifier');
    return (object) => labelsOf(object)[key] === undefined;
  }
  if (!isWord(first)) throw badRequest(`found '${first}', expected: !, identifier, or 'end of string'`);
  const operator = reader.peek();
  if (operator === undefined || operator === ',') return (object) => labelsOf(object)[first] !== undefined;
  reader.next();
  return readComparison(reader, first, operator);
}

function readComparison(reader: TokenReader, key: string, operator: string): Test {
  switch (operator) {
    case '=':
    case '==': {
      const value = readValue(reader);
      return (object) => labelsOf(object)[key] === value;
    }
    case '!=': {
      const value = readValue(reader);
      return (object) => labelsOf(object)[key] !== value;
    }
    case 'in': {
      const values = readValues(reader);
      return (object) => values.has(labelsOf(object)[key]);
    }
    case 'notin': {
      const values = readValues(reader);
      return (object) => !values.has(labelsOf(object)[key]);
    }
    case '<':
    case '>': {
      const bound = Number(readValue(reader));
      return (object) => {
        const value = Number(labelsOf(object)[key] ?? Number.NaN);
        return operator === '<' ? value < bound : value > bound;
      };
    }
    default:
      throw badRequest(`found '${operator}', expected: in, notin, =, ==, !=, gt, lt`);
  }
}

function readWord(reader: TokenReader, expected: string): string {
  const token = reader.next();
  if (token === undefined || !isWord(token)) throw badRequest(`found '${token ?? ''}', expected: ${expected}`);
  return token;
}

/** A value may be empty. */
function readValue(reader: TokenReader): string {
  const token = reader.peek();
  if (token === undefined || token === ',') return '';
  return readWord(reader, 'identifier');
}

function readValues(reader: TokenReader): ReadonlySet<unknown> {
  const open = reader.next();
  if (open !== '(') throw badRequest(`found '${open ?? ''}', expected: '('`);
  const values = new Set<unknown>();
  for (;;) {
    const token = reader.next();
    if (token === ')') return values;
    if (token === undefined) throw badRequest(`found '', expected: ',' or ')'`);
    if (token !== ',') values.add(token);
  }
}
