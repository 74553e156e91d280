/** Checks at run time that a decoded value is what its type declares: a decoder must not pass on what it was sent. */

/** Says what is wrong with a value, or nothing. */
export type Check<T> = (value: T) => string | undefined;

/** A check for each member: the compiler asks for one more when a type gets one more. */
export type Shape<T> = { readonly [K in keyof Required<T>]: Check<never> };

const kind = (value: unknown): string => (value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value);

function ofKind(wanted: string): Check<never> {
  return (value: unknown) => (kind(value) === wanted ? undefined : `is ${kind(value)}, not ${wanted}`);
}

export const text = ofKind('string');
export const truth = ofKind('boolean');

/** A number that can be reckoned with. */
export const finite: Check<never> = (value: unknown) =>
  Number.isFinite(value) ? undefined : `is ${String(value)}, no finite number`;

/** Milliseconds since the epoch that make a Date. */
export const time: Check<never> = (value: unknown) =>
  typeof value === 'number' && !Number.isNaN(new Date(value).getTime()) ? undefined : `is ${String(value)}, no time`;

export function optional(check: Check<never>): Check<never> {
  return (value: unknown) => (value === undefined ? undefined : check(value as never));
}

export function listOf(check: Check<never>): Check<never> {
  return (value: unknown) => {
    if (!Array.isArray(value)) return `is ${kind(value)}, no list`;
    return first(value.entries(), (item) => check(item as never));
  };
}

export function recordOf(check: Check<never>): Check<never> {
  return (value: unknown) => {
    if (kind(value) !== 'object') return `is ${kind(value)}, no record`;
    return first(Object.entries(value as object), (item) => check(item as never));
  };
}

/** One of these values. */
export function oneOf(values: readonly unknown[]): Check<never> {
  return (value: unknown) => (values.includes(value) ? undefined : `is ${JSON.stringify(value)}, none of ${values}`);
}

/** Something that any of the checks lets pass. */
export function anyOf(...checks: readonly Check<never>[]): Check<never> {
  return (value: never) => (checks.some((check) => check(value) === undefined) ? undefined : `is ${kind(value)}`);
}

/** An object with these members and no others. */
export function shape<T>(members: Shape<T>): Check<never> {
  const checks = new Map<string, Check<never>>(Object.entries(members));
  return (value: unknown) => {
    if (kind(value) !== 'object') return `is ${kind(value)}, no object`;
    const stranger = Object.keys(value as object).find((key) => !checks.has(key));
    if (stranger !== undefined) return `.${stranger} is not declared`;
    return first(checks, (check, key) => check((value as Record<string, never>)[key] as never));
  };
}

function first<K, V>(entries: Iterable<[K, V]>, check: (item: V, key: K & string) => string | undefined) {
  for (const [key, item] of entries) {
    const problem = check(item, key as K & string);
    if (problem !== undefined) return `.${key}${problem.startsWith('.') ? '' : ' '}${problem}`;
  }
  return undefined;
}
