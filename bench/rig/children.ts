import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

export interface ChildCommand {
  /** For people, and the name of its log file. */
  name: string;
  command: string;
  args: readonly string[];
  env?: Readonly<Record<string, string>>;
}

/** A process of ours did not do what it was started for. The message ends with the end of its log. */
export class ChildError extends Error {
  constructor(child: Child, what: string) {
    const tail = child.lastLines(15).map((line) => `  ${line}`);
    const log = tail.length > 0 ? `The end of its log:\n${tail.join('\n')}` : 'Its log is empty.';
    super(`${child.name} ${what}. ${log}\n  (${child.logPath})`);
  }
}

/**
 * One process with a log file. It leads a process group of its own: Ctrl-C in the terminal then reaches only us, who end
 * the others in order, and a signal reaches all that a shell command started.
 */
export class Child {
  readonly name: string;
  readonly pid: number;
  readonly logPath: string;
  /** Resolves when it has ended, with how: `exit code 1`, `SIGKILL`. */
  readonly ended: Promise<string>;
  #end: string | undefined;

  constructor({ name, command, args, env }: ChildCommand, directory: string) {
    this.name = name;
    this.logPath = join(directory, `${name}.log`);
    const log = openSync(this.logPath, 'a');
    const child = spawn(command, args, {
      stdio: ['ignore', log, log],
      detached: true,
      env: { ...process.env, ...env },
    });
    closeSync(log);
    this.ended = endOf(child).then((end) => {
      this.#end = end;
      return end;
    });
    this.pid = child.pid ?? 0;
  }

  /** How it ended; undefined while it runs. */
  get end(): string | undefined {
    return this.#end;
  }

  /** Signals the process and all that it started. Does nothing if they have ended. */
  signal(signal: NodeJS.Signals): void {
    if (this.pid === 0) return;
    try {
      process.kill(-this.pid, signal);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
    }
  }

  /** Signals the process alone: what only it understands (SIGUSR2) would end a shell above it. */
  signalAlone(signal: NodeJS.Signals): void {
    if (this.pid !== 0 && this.#end === undefined) process.kill(this.pid, signal);
  }

  /** SIGTERM, and SIGKILL for whoever is still there after `graceMs`. Resolves with how it ended. */
  async stop(graceMs = 5_000): Promise<string> {
    this.signal('SIGTERM');
    const patience = new AbortController();
    const tooLate = delay(graceMs, undefined, { signal: patience.signal }).catch(() => {});
    await Promise.race([this.ended, tooLate]);
    patience.abort();
    this.signal('SIGKILL');
    return this.ended;
  }

  lastLines(count: number): string[] {
    return readFileSync(this.logPath, 'utf8').trimEnd().split('\n').filter(Boolean).slice(-count);
  }
}

function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(`not started: ${error.message}`));
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
}

/** All processes that were started, so that none is left behind. */
export class Children {
  readonly #directory: string;
  readonly #children: Child[] = [];
  #isStopped = false;
  readonly #killAll = (): void => {
    for (const child of this.#children) if (child.end === undefined) child.signal('SIGKILL');
  };

  /** Logs go to `directory`. */
  constructor(directory: string) {
    this.#directory = directory;
    process.once('exit', this.#killAll);
  }

  /** Throws an Error after `stop()`: nobody would end it any more. */
  start(command: ChildCommand): Child {
    if (this.#isStopped) throw new Error(`${command.name} is not started: all processes are being ended`);
    const child = new Child(command, this.#directory);
    this.#children.push(child);
    return child;
  }

  /** Ends all, the latest first, so that nobody loses what it depends on before it ends itself. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const child of this.#children.toReversed()) await child.stop();
    process.off('exit', this.#killAll);
  }
}

export interface Wait {
  child: Child;
  /** What it has not done if it takes too long: `did not answer`. */
  otherwise: string;
  timeoutMs: number;
}

/** Waits until `look` finds something. Throws a ChildError if the process ends first or it takes too long. */
export async function waitFor<T>(
  look: () => T | undefined | Promise<T | undefined>,
  { child, otherwise, timeoutMs }: Wait,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (child.end !== undefined) throw new ChildError(child, `ended too early (${child.end})`);
    if (performance.now() > deadline) throw new ChildError(child, `${otherwise} within ${timeoutMs / 1_000} s`);
    await delay(20);
  }
}
