import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** Reads a log file that another process writes: what is new since the last look, in whole lines. */
export class LogFile {
  readonly path: string;
  #offset = 0;

  constructor(path: string) {
    this.path = path;
  }

  /** Lines finished since the last call, without their ends. */
  newLines(): string[] {
    const bytes = this.#readOn();
    const end = bytes.lastIndexOf(0x0a);
    if (end < 0) return [];
    this.#offset += end + 1;
    return bytes.toString('utf8', 0, end).split('\n');
  }

  #readOn(): Buffer {
    const fd = openSync(this.path, 'r');
    try {
      const bytes = Buffer.alloc(Math.max(0, fstatSync(fd).size - this.#offset));
      return bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, this.#offset));
    } finally {
      closeSync(fd);
    }
  }
}
