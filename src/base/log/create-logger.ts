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

/**
 * The logger that production uses. The field `logger`, given to `with`, names the place (`kube/reflector`): it is shown
 * where klog shows file and line, and is what `--vmodule` goes by; the last name given counts.
 */
export function createLogger(options: LoggerOptions): Logger {
  return new LineLogger(options, 'main', {}, verbosityOf('main', options.vmodule ?? [], options.verbosity));
}

class LineLogger implements Logger {
  readonly #options: LoggerOptions;
  readonly #source: string;
  readonly #fields: LogFields;
  readonly #verbosity: number;

  constructor(options: LoggerOptions, source: string, fields: LogFields, verbosity: number) {
    this.#options = options;
    this.#source = source;
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

  with({ logger, ...fields }: LogFields): Logger {
    const options = this.#options;
    const source = logger === undefined ? this.#source : String(logger);
    const verbosity =
      source === this.#source ? this.#verbosity : verbosityOf(source, options.vmodule ?? [], options.verbosity);
    return new LineLogger(options, source, { ...this.#fields, ...fields }, verbosity);
  }

  #write(severity: Severity, level: number, message: string, fields: LogFields | undefined, error?: string): void {
    const { clock, format, pid, write } = this.#options;
    const entry: LogEntry = {
      severity,
      timeMs: clock.now(),
      source: this.#source,
      level,
      message,
      error,
      fields: fields === undefined ? this.#fields : { ...this.#fields, ...fields },
    };
    write(`${format === 'json' ? formatJson(entry) : formatText(entry, pid)}\n`, severity);
  }
}
