import { notParsed, type Parsed, parsed } from './parsed.ts';

/** Nanoseconds in each unit that Go knows. Both spellings of micro are in use: U+00B5 and U+03BC. */
const unitNs: ReadonlyMap<string, bigint> = new Map([
  ['ns', 1n],
  ['us', 1_000n],
  ['µs', 1_000n],
  ['μs', 1_000n],
  ['ms', 1_000_000n],
  ['s', 1_000_000_000n],
  ['m', 60_000_000_000n],
  ['h', 3_600_000_000_000n],
]);

const allowed = 'a Go duration such as 15s, 1m50s, 500ms or 1.5h (units: h, m, s, ms, us, ns; only 0 needs no unit)';
/** Go keeps durations in a signed 64-bit number of nanoseconds: about 292 years. */
const maxNs = 2n ** 63n - 1n;
const term = /(\d*)(?:\.(\d*))?([^\d.]+)/y;

/** Reads a duration as Go's time.ParseDuration does; the value is in milliseconds (fractions for µs and ns). */
export function parseDuration(text: string): Parsed<number> {
  const sign = text.startsWith('-') ? -1 : 1;
  const body = /^[+-]/.test(text) ? text.slice(1) : text;
  if (body === '0') return parsed(0);
  const ns = sumTerms(body);
  if (ns === undefined) return notParsed(`${JSON.stringify(text)} is not ${allowed}`);
  if (ns > maxNs) return notParsed(`${JSON.stringify(text)} is too long: the longest duration is ${formatNs(maxNs)}`);
  return parsed(ns === 0n ? 0 : (sign * Number(ns)) / 1e6);
}

function sumTerms(body: string): bigint | undefined {
  let total = 0n;
  let at = 0;
  while (at < body.length) {
    term.lastIndex = at;
    const match = term.exec(body);
    const [whole, digits, fraction = '', unit] = match ?? [];
    const scale = unitNs.get(unit ?? '');
    if (whole === undefined || digits === undefined || scale === undefined) return undefined;
    if (digits === '' && fraction === '') return undefined;
    total += BigInt(digits || '0') * scale;
    // Cut, not rounded, below a nanosecond: as Go has it.
    if (fraction !== '') total += (BigInt(fraction) * scale) / 10n ** BigInt(fraction.length);
    at += whole.length;
  }
  return at === 0 ? undefined : total;
}

/** Writes a duration, given in milliseconds, as Go's Duration.String() does: `1m0s`, `1h0m0s`, `1.5s`, `100µs`, `0s`. */
export function formatDuration(ms: number): string {
  // What log lines are full of; these come out exactly without the long way.
  if (Number.isInteger(ms) && ms > 0 && ms < 60_000) return ms < 1_000 ? `${ms}ms` : `${ms / 1_000}s`;
  const ns = BigInt(Math.round(Math.abs(ms) * 1e6));
  return (ms < 0 && ns > 0n ? '-' : '') + formatNs(ns);
}

function formatNs(ns: bigint): string {
  if (ns === 0n) return '0s';
  for (const [unit, size] of [
    ['ns', 1n],
    ['µs', 1_000n],
    ['ms', 1_000_000n],
  ] as const) {
    if (ns < size * 1_000n) return decimal(ns, size) + unit;
  }
  const minutes = ns / 60_000_000_000n;
  const seconds = `${decimal(ns % 60_000_000_000n, 1_000_000_000n)}s`;
  if (minutes === 0n) return seconds;
  return minutes < 60n ? `${minutes}m${seconds}` : `${minutes / 60n}h${minutes % 60n}m${seconds}`;
}

/** `value / size` as a decimal fraction without trailing zeros; `size` is a power of ten. */
function decimal(value: bigint, size: bigint): string {
  const fraction = (value % size)
    .toString()
    .padStart(size.toString().length - 1, '0')
    .replace(/0+$/, '');
  return `${value / size}${fraction === '' || size === 1n ? '' : `.${fraction}`}`;
}
