import { formatDuration, parseDuration } from '../base/duration.ts';
import { parseLevel, parseVmodule, type VmoduleRule } from '../base/log/vmodule.ts';
import { notParsed, type Parsed, parsed } from '../base/parsed.ts';

/** What a flag's value may look like: how Go's flag package reads it, and how it is shown. */
export interface FlagType<T> {
  /** The word that stands for the value in the usage text; none for a boolean. */
  readonly name: string;
  /** True if the flag needs no value and never takes one from the next word. */
  readonly boolean: boolean;
  /** Completes the error for a flag without its value. */
  readonly allowed: string;
  /** An error reads `"value" is not …`. `previous` is what an earlier flag of that name gave: some types add to it. */
  parse(text: string, previous: T | undefined): Parsed<T>;
  /** As `--print-config` and the usage text show it; undefined values are null there. */
  show(value: T): unknown;
}

function type<T>(
  name: string,
  allowed: string,
  parse: FlagType<T>['parse'],
  show: FlagType<T>['show'] = (value) => value,
): FlagType<T> {
  return { name, boolean: name === '', allowed, parse, show };
}

function refused(text: string, allowed: string): { ok: false; error: string } {
  return notParsed(`${JSON.stringify(text)} is not ${allowed}`);
}

/** A value that may be absent: `type`, with undefined for none. */
export function optional<T>(inner: FlagType<T>): FlagType<T | undefined> {
  return { ...inner, show: (value) => (value === undefined ? null : inner.show(value)) };
}

const yes = ['1', 't', 'T', 'true', 'TRUE', 'True'];
const no = ['0', 'f', 'F', 'false', 'FALSE', 'False'];
const booleanWords = 'true or false (or 1, 0, t, f, T, F, TRUE, FALSE, True, False)';

export const boolean = type<boolean>('', booleanWords, (text) =>
  yes.includes(text) ? parsed(true) : no.includes(text) ? parsed(false) : refused(text, booleanWords),
);

export const string = type<string>('string', 'any text', (text) => parsed(text));

const integerWords = 'a whole number such as 100 (0x, 0o and 0b prefixes are known)';
export const integer = type<number>('int', integerWords, (text) => {
  const value = readInteger(text);
  return value === undefined ? refused(text, integerWords) : parsed(value);
});

const unsignedWords = 'a whole number from 0, such as 100';
export const unsigned = type<number>('uint', unsignedWords, (text) => {
  const value = /^[+-]/.test(text) ? undefined : readInteger(text);
  return value === undefined ? refused(text, unsignedWords) : parsed(value);
});

const levelWords = 'a whole number from 0 to 2147483647, such as 5';
/** A verbosity, which klog reads in decimal whatever it begins with: 08 is 8, 010 is 10. */
export const level = type<number>('Level', levelWords, (text) => {
  const value = parseLevel(text);
  return value === undefined ? refused(text, levelWords) : parsed(value);
});

/** The forms of a Go integer: decimal, 0x, 0o or a leading 0, 0b; underscores may part digits. */
const integerForms: readonly (readonly [prefix: string, form: RegExp])[] = [
  ['', /^(0|[1-9](_?\d)*)$/],
  ['0x', /^0[xX]((_?[\da-fA-F])+)$/],
  ['0o', /^0[oO]?((_?[0-7])+)$/],
  ['0b', /^0[bB]((_?[01])+)$/],
];

function readInteger(text: string): number | undefined {
  const negative = text.startsWith('-');
  const body = /^[+-]/.test(text) ? text.slice(1) : text;
  for (const [prefix, form] of integerForms) {
    const digits = form.exec(body)?.[1];
    if (digits === undefined) continue;
    const value = Number(prefix + digits.replaceAll('_', ''));
    if (!Number.isSafeInteger(value)) return undefined;
    return negative && value !== 0 ? -value : value;
  }
  return undefined;
}

const floatWords = 'a number such as 5, 0.5 or 1e3';
const digits = '\\d(?:_?\\d)*';
const floatForm = new RegExp(`^[+-]?(?:${digits}(?:\\.(?:${digits})?)?|\\.${digits})(?:[eE][+-]?\\d+)?$`);
export const float = type<number>('float', floatWords, (text) => {
  const value = floatForm.test(text) ? Number(text.replaceAll('_', '')) : Number.NaN;
  return Number.isFinite(value) ? parsed(value) : refused(text, floatWords);
});

/** In milliseconds. */
export const duration = type<number>('duration', 'a Go duration such as 15s or 1m50s', parseDuration, formatDuration);

const sizeWords = 'a size in bytes such as 512, 1K, 2Ki or 3M';
/** A Kubernetes quantity, kept as it was written. */
export const size = type<string>('quantity', sizeWords, (text) =>
  /^[+-]?(\d+(\.\d*)?|\.\d+)([numkKMGTPE]|[KMGTPE]i|[eE][+-]?\d+)?$/.test(text)
    ? parsed(text)
    : refused(text, sizeWords),
);

/** A second flag adds to the first. */
export const vmodule = type<readonly VmoduleRule[]>(
  'pattern=N,...',
  'pattern=level pairs such as reflector=4,kube/*=6',
  (text, previous) => {
    const rules = parseVmodule(text);
    return rules.ok ? parsed([...(previous ?? []), ...rules.value]) : rules;
  },
  (rules) => rules.map(({ pattern, level }) => `${pattern}=${level}`).join(','),
);

export type Labels = Readonly<Record<string, string>>;

const labelWords = 'key:value pairs, as in my-label:my-value,other:x';
/** Pairs with a colon; a second flag adds to the first. */
export const labels = type<Labels>('key:value,...', labelWords, (text, previous) => {
  const pairs = text === '' ? [] : text.split(',').map((pair) => pair.split(':'));
  if (pairs.some((pair) => pair.length !== 2)) return refused(text, labelWords);
  return parsed({ ...previous, ...Object.fromEntries(pairs) });
});

export type Gates = Readonly<Record<string, boolean>>;

const gateWords = 'Gate=true or Gate=false pairs, as in A=true,B=false';
/** Pairs with an equals sign; a second flag adds to the first. */
export const gates = type<Gates>('Gate=bool,...', gateWords, (text, previous) => {
  // A Map first: a gate called __proto__ must become an ordinary entry, and so an unknown gate.
  const given = new Map(Object.entries(previous ?? {}));
  for (const pair of text.split(',')) {
    if (pair === '') continue;
    const [, name, word] = /^\s*([^=\s]+)\s*=\s*(\S+)\s*$/.exec(pair) ?? [];
    const value = boolean.parse(word ?? '', undefined);
    if (name === undefined || !value.ok) return refused(text, gateWords);
    given.set(name, value.value);
  }
  return parsed(Object.fromEntries(given));
});
