import type { Clock } from '../clock.ts';
import { errorText, type LogEntry, type Severity } from './entry.ts';
import { formatJson } from './json.ts';
import type { LogFields, Logger } from './logger.ts';
import { formatText } from './text.ts';
import { type VmoduleRule, verbosityOf } from './vmodule.ts';

export interface LoggerOptions {
  format: 'text' | 'json';
  /** `--v`: what `debug` shows up to. */
  verbosity: number;
  /** `--vmodule`: more for some places. */
  vmodule?: readonly VmoduleRule[];
  clock: Pick<Clock, 'now'>;
  /** Shown in the text format. */
  pid: number;
  /** Takes one whole line, its end included. Never throws. */
  write(line: string, severity: Severity): void;
}

/** The logger that production uses, named `main`; every other place takes its own with `named`. */
export function createLogger(options: LoggerOptions): Logger {
  return new LineLogger(options, 'main', {}, verbosityOf('main', options.vmodule ?? [], options.verbosity));
}

class LineLogger implements Logger {
  readonly #options: LoggerOptions;
  readonly #place: string;
  readonly #fields: LogFields;
  readonly #verbosity: number;

  constructor(options: LoggerOptions, place: string, fields: LogFields, verbosity: number) {
    this.#options = options;
    this.#place = place;
    this.#fields = fields;
    this.#verbosity = verbosity;
  }

  info(message: string, fields?: LogFields): void {
    this.#write('info', 0, message, fields);
  }

  warning(message: string, fields?: LogFields): void {
    this.#write('warning', 0, message, fields);
  }

  error(error: unknown, message: string, fields?: LogFields): void {
    this.#write('error', 0, message, fields, error === undefined || error === null ? undefined : errorText(error));
  }

  debug(level: number, message: string, fields?: LogFields): void {
    if (this.enabled(level)) this.#write('info', level, message, fields);
  }

  enabled(level: number): boolean {
    return level <= this.#verbosity;
  }

  with(fields: LogFields): Logger {
    return new LineLogger(this.#options, this.#place, { ...this.#fields, ...fields }, this.#verbosity);
  }

  named(place: string): Logger {
    const { vmodule = [], verbosity } = this.#options;
    return new LineLogger(this.#options, place, this.#fields, verbosityOf(place, vmodule, verbosity));
  }

  #write(severity: Severity, level: number, message: string, fields: LogFields | undefined, error?: string): void {
    const { clock, format, pid, write } = this.#options;
    const entry: LogEntry = {
      severity,
      timeMs: clock.now(),
      place: this.#place,
      level,
      message,
      error,
      fields: fields === undefined ? this.#fields : { ...this.#fields, ...fields },
    };
    write(`${format === 'json' ? formatJson(entry) : formatText(entry, pid)}\n`, severity);
  }
}
