import type { Writable } from 'node:stream';

/** What is kept for a reader that does not read. A burst of attachments says less in a second. */
const defaultLimit = 1024 * 1024;

export interface LogOutputOptions {
  /** Characters that may wait to be read: 1 MiB unless told. */
  limit?: number;
}

/**
 * Takes lines to a stream: all that one turn of the event loop says in one write. Each write is a system call that the
 * attacher waits for, and a burst of attachments says hundreds of lines. Of what nobody reads it keeps so much and no
 * more: further lines are dropped until there is room.
 */
export class LogOutput {
  readonly #stream: Pick<Writable, 'write' | 'writableLength'>;
  readonly #limit: number;
  #lines = '';
  /** Since the last line that was taken. */
  #dropped = 0;
  /** Told of each line that is dropped. */
  onDrop: () => void = () => {};
  /** Told how many lines are missing, when the first one behind them has been taken. */
  onGap: (lines: number) => void = () => {};

  constructor(stream: Pick<Writable, 'write' | 'writableLength'>, { limit = defaultLimit }: LogOutputOptions = {}) {
    this.#stream = stream;
    this.#limit = limit;
  }

  /** Characters that have not reached the reader. */
  get unread(): number {
    return this.#lines.length + this.#stream.writableLength;
  }

  write(line: string): void {
    if (this.unread + line.length > this.#limit) {
      this.#dropped++;
      this.onDrop();
      return;
    }
    if (this.#lines === '') setImmediate(() => this.flush());
    this.#lines += line;
    const missing = this.#dropped;
    this.#dropped = 0;
    if (missing > 0) this.onGap(missing);
  }

  /** Writes what there is. To be called when the process ends. */
  flush(): void {
    if (this.#lines === '') return;
    const lines = this.#lines;
    this.#lines = '';
    this.#stream.write(lines);
  }
}
