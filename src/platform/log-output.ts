import type { Writable } from 'node:stream';

/**
 * Takes lines to a stream: all that one turn of the event loop says in one write. Each write is a system call that the
 * attacher waits for, and a burst of attachments says hundreds of lines.
 */
export class LogOutput {
  readonly #stream: Pick<Writable, 'write'>;
  #lines = '';

  constructor(stream: Pick<Writable, 'write'>) {
    this.#stream = stream;
  }

  write(line: string): void {
    if (this.#lines === '') setImmediate(() => this.flush());
    this.#lines += line;
  }

  /** Writes what there is. To be called when the process ends. */
  flush(): void {
    if (this.#lines === '') return;
    const lines = this.#lines;
    this.#lines = '';
    this.#stream.write(lines);
  }
}
