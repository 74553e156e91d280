import type { LogFields } from './logger.ts';

export type Severity = 'info' | 'warning' | 'error';

/** One line of the log before a format is chosen. */
export interface LogEntry {
  readonly severity: Severity;
  /** Wall-clock milliseconds since the epoch. */
  readonly timeMs: number;
  /** The file that wrote it, by its path under `src/` without the ending (`kube/cache/reflector`). */
  readonly place: string;
  /** The `--v` level that shows it. */
  readonly level: number;
  readonly message: string;
  /** What went wrong, as text; only for errors. */
  readonly error?: string | undefined;
  readonly fields: LogFields;
}

/**
 * What an error says. A class that writes itself its own way (gRPC's `rpc error: code = …`) is shown that way; an
 * error without a message (Node's for a failed connect to several addresses) by its code, or by what it holds.
 */
export function errorText(error: unknown): string {
  if (typeof error === 'string') return error;
  if (!(error instanceof Error)) return jsonText(error);
  if (error.toString !== Error.prototype.toString) return error.toString();
  if (error.message !== '') return error.message;
  if (error instanceof AggregateError) return error.errors.map(errorText).join('; ');
  return 'code' in error ? String(error.code) : error.name;
}

/**
 * Any value as JSON on one line. What cannot be shown (a cycle, a toJSON that throws) is replaced by the reason: a log
 * line must not bring its caller down because of what it was given.
 */
export function jsonText(value: unknown): string {
  if (typeof value !== 'object' && typeof value !== 'bigint') return JSON.stringify(value) ?? `"${typeof value}"`;
  try {
    return (
      JSON.stringify(value, (_, inner) => (typeof inner === 'bigint' ? inner.toString() : inner)) ?? `"${typeof value}"`
    );
  } catch (error) {
    return JSON.stringify(`cannot be shown: ${error instanceof Error ? error.message : typeof error}`);
  }
}
