import { goQuote } from '../go-quote.ts';
import { errorText, jsonText, type LogEntry, type Severity } from './entry.ts';

const letters: Readonly<Record<Severity, string>> = { info: 'I', warning: 'W', error: 'E' };

/**
 * One line, without its end, in klog's text format:
 * `I1123 22:25:01.123456       1 kube/cache/reflector.ts] "Message" key="value" count=2`.
 * The time is UTC. There is no line number: what runs is a bundle, and a number that is not true misleads.
 */
export function formatText(entry: LogEntry, pid: number): string {
  let line = `${letters[entry.severity]}${timestamp(entry.timeMs)} ${String(pid).padStart(7)} ${entry.place}.ts] `;
  line += goQuote(entry.message);
  if (entry.error !== undefined) line += ` err=${goQuote(entry.error)}`;
  for (const key in entry.fields) {
    const value = entry.fields[key];
    if (value !== undefined) line += ` ${key}=${textValue(value)}`;
  }
  return line;
}

function timestamp(timeMs: number): string {
  const time = new Date(timeMs);
  const micros = Math.floor((timeMs - Math.floor(timeMs / 1_000) * 1_000) * 1_000);
  return (
    `${two(time.getUTCMonth() + 1)}${two(time.getUTCDate())} ${two(time.getUTCHours())}:` +
    `${two(time.getUTCMinutes())}:${two(time.getUTCSeconds())}.${String(micros).padStart(6, '0')}`
  );
}

function two(value: number): string {
  return value < 10 ? `0${value}` : `${value}`;
}

function textValue(value: unknown): string {
  if (typeof value === 'string') return goQuote(value);
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (value instanceof Error) return goQuote(errorText(value));
  return jsonText(value);
}
