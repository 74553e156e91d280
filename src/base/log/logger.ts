/** A value that may stand behind a key in a log line. Errors show their message; objects are shown as JSON. */
type LogValue = unknown;
export type LogFields = Readonly<Record<string, LogValue>>;

/**
 * Structured log, with klog's levels. Never hand in secrets, publish context or volume attributes: nothing filters
 * them later.
 */
export interface Logger {
  /** Always shown. */
  info(message: string, fields?: LogFields): void;
  warning(message: string, fields?: LogFields): void;
  /** `error` is what went wrong, shown under the key `err`. Shown at every verbosity. */
  error(error: unknown, message: string, fields?: LogFields): void;
  /** Shown if `--v` is at least `level`. */
  debug(level: number, message: string, fields?: LogFields): void;
  /** True if `debug(level, …)` would show: for lines that are dear to build. */
  enabled(level: number): boolean;
  /** A logger that adds `fields` to every line. */
  with(fields: LogFields): Logger;
  /**
   * The logger of a place, named by its path under `src/` without the ending (`kube/cache/reflector`): that stands where
   * klog shows file and line, and `--vmodule` goes by it. Fields stay.
   */
  named(place: string): Logger;
}

/** Logs nothing: for tests. */
export const noLogger: Logger = {
  info: () => {},
  warning: () => {},
  error: () => {},
  debug: () => {},
  enabled: () => false,
  with: () => noLogger,
  named: () => noLogger,
};
