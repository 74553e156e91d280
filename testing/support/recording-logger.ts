import type { LogFields, Logger } from '../../src/base/log/logger.ts';

export interface LogLine {
  level: 'info' | 'warning' | 'error' | number;
  message: string;
  fields: LogFields;
}

/** Keeps what is logged. `verbosity` is what `--v` would be. */
export class RecordingLogger implements Logger {
  readonly lines: LogLine[];
  readonly #verbosity: number;
  readonly #fields: LogFields;

  constructor(verbosity = 0, fields: LogFields = {}, lines: LogLine[] = []) {
    this.#verbosity = verbosity;
    this.#fields = fields;
    this.lines = lines;
  }

  info(message: string, fields?: LogFields): void {
    this.#add('info', message, fields);
  }
  warning(message: string, fields?: LogFields): void {
    this.#add('warning', message, fields);
  }
  error(error: unknown, message: string, fields?: LogFields): void {
    this.#add('error', message, { ...fields, err: error });
  }
  debug(level: number, message: string, fields?: LogFields): void {
    if (this.enabled(level)) this.#add(level, message, fields);
  }
  enabled(level: number): boolean {
    return level <= this.#verbosity;
  }
  with(fields: LogFields): Logger {
    return new RecordingLogger(this.#verbosity, { ...this.#fields, ...fields }, this.lines);
  }

  named(): Logger {
    return this;
  }

  #add(level: LogLine['level'], message: string, fields: LogFields = {}): void {
    this.lines.push({ level, message, fields: { ...this.#fields, ...fields } });
  }
}
