/** Where the picture goes. */
export interface Output {
  write(text: string): void;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
}

const hideCursor = '\u001b[?25l';
const showCursor = '\u001b[?25h';
const eraseLine = '\u001b[K';
const eraseBelow = '\u001b[J';

/** A block of lines that is drawn over itself. */
export class Screen {
  readonly #output: Output;
  #height = 0;

  constructor(output: Output) {
    this.#output = output;
  }

  draw(lines: readonly string[]): void {
    const back = this.#height === 0 ? hideCursor : `\u001b[${this.#height}A`;
    this.#output.write(`${back}\r${lines.map((line) => `${line}${eraseLine}\n`).join('')}${eraseBelow}`);
    this.#height = lines.length;
  }

  /** Leaves the last picture where it is and gives the cursor back. Nothing is drawn after it. */
  close(): void {
    if (this.#height > 0) this.#output.write(showCursor);
    this.#height = 0;
  }
}
