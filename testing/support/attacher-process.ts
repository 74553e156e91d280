/** The attacher as a process of its own, as a cluster would run it. */
import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

const sources = [path('../../tools/node'), path('../../src/main.ts')] as const;

/** In either format of the log. */
const address = /"?address"?[=:]"([^"]*127\.0\.0\.1:\d+)"/;
/** Nothing that a test waits for takes this long, even on a busy machine. */
const patienceMs = 60_000;

export interface AttacherProcessOptions {
  args: readonly string[];
  env?: Readonly<Record<string, string>>;
  /** What is run with these arguments: the sources, unless told. */
  command?: readonly [file: string, ...args: string[]];
  /** Where its output goes instead of to the test, as a file descriptor: then the test cannot read it. */
  output?: number;
}

export class AttacherProcess {
  readonly child: ChildProcess;
  /** Resolves when it has ended and all its output is there: with its exit code, or with the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
  #text = '';
  readonly #waiting = new Set<() => void>();

  /** It is killed at the end of the test, if it still runs then. */
  constructor(context: TestContext, { args, env = {}, command = sources, output }: AttacherProcessOptions) {
    const stdio: StdioOptions = output === undefined ? ['ignore', 'pipe', 'pipe'] : ['ignore', output, output];
    const [file, ...first] = command;
    this.child = spawn(file, [...first, ...args], {
      stdio,
      env: { ...process.env, ...env },
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.setEncoding('utf8').on('data', (chunk: string) => {
        this.#text += chunk;
        for (const look of [...this.#waiting]) look();
      });
    }
    this.ended = once(this.child, 'close').then(([code, signal]) => code ?? signal);
    context.after(async () => {
      this.signal('SIGKILL');
      await this.ended;
    });
  }

  /** All that it has written, to either stream. */
  get output(): string {
    return this.#text;
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Resolves when the output has what `pattern` asks for; rejects with the output if the process ends before. */
  async until(pattern: RegExp): Promise<RegExpExecArray> {
    const found = Promise.withResolvers<RegExpExecArray>();
    const look = (): void => {
      const match = pattern.exec(this.#text);
      if (match !== null) found.resolve(match);
    };
    this.#waiting.add(look);
    look();
    const fail = (how: string): void => found.reject(new Error(`${how} instead of ${pattern}:\n${this.#text}`));
    void this.ended.then((end) => fail(`ended (${end})`));
    const patience = setTimeout(() => fail(`ran for ${patienceMs / 1_000} s`), patienceMs);
    return found.promise.finally(() => {
      clearTimeout(patience);
      this.#waiting.delete(look);
    });
  }

  /** Asks it over HTTP, at the first address that it says it listens on. */
  async get(page: string): Promise<{ status: number; text: string }> {
    const [, where = ''] = await this.until(address);
    const answer = await fetch(`http://${where}${page}`);
    return { status: answer.status, text: await answer.text() };
  }
}
