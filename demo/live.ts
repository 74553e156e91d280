import { setTimeout as delay } from 'node:timers/promises';
import { LogFile } from '../bench/rig/log-file.ts';
import type { Attachments } from './attachments.ts';
import { drawPicture, plainLine, type Scene } from './picture.ts';
import type { Replicas } from './replicas.ts';
import { type Output, Screen } from './screen.ts';

export interface LiveOptions {
  output: Output;
  colour: boolean;
  replicas: Replicas;
  attachments: Attachments;
  volumes: number;
  /** Monotonic milliseconds. */
  startedMs: number;
}

const pictureMs = 200;
const lineMs = 1_000;

/** Shows what happens, until it is stopped: a picture where there is a terminal, else a line each second. */
export class Live {
  readonly #options: LiveOptions;
  readonly #screen: Screen | undefined;
  readonly #stopping = new AbortController();
  readonly #logs = new Map<string, LogFile>();
  readonly #lines: string[] = [];
  #note = '';
  #running: Promise<void> = Promise.resolve();

  constructor(options: LiveOptions) {
    this.#options = options;
    this.#screen = options.output.isTTY === true ? new Screen(options.output) : undefined;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** Something that the demo itself did. */
  note(text: string): void {
    if (this.#screen === undefined)
      this.#options.output.write(`${this.#elapsed().toFixed(1).padStart(5)} s  ${text}\n`);
    else this.#note = text;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
    this.#screen?.close();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    const pauseMs = this.#screen === undefined ? lineMs : pictureMs;
    for (;;) {
      this.#show(await this.#scene());
      if (signal.aborted) return;
      await delay(pauseMs, undefined, { signal }).catch(() => {}); // Stopped: the last picture is the end's.
    }
  }

  #show(scene: Scene): void {
    const { output, colour } = this.#options;
    const { columns = 80, rows = 24 } = output;
    if (this.#screen === undefined) output.write(`${plainLine(scene)}\n`);
    else this.#screen.draw(drawPicture(scene, { columns, rows, colour }));
  }

  async #scene(): Promise<Scene> {
    const { replicas, attachments, volumes } = this.#options;
    const leader = (await replicas.leader())?.name;
    this.#readLogs();
    return {
      elapsedMs: this.#elapsed() * 1_000,
      leader,
      note: this.#note,
      standbys: replicas.running.map(({ name }) => name).filter((name) => name !== leader),
      volumes,
      counts: attachments.counts(),
      detached: attachments.detached.size,
      errors: attachments.errors,
      rates: attachments.rates(performance.now()),
      nodes: attachments.countsByNode(),
      log: this.#lines,
    };
  }

  #readLogs(): void {
    for (const { name, child } of this.#options.replicas.all) {
      const log = this.#logs.get(name) ?? new LogFile(child.logPath);
      this.#logs.set(name, log);
      for (const line of log.newLines()) this.#lines.push(`${name} │ ${shortened(line)}`);
    }
    this.#lines.splice(0, this.#lines.length - 100);
  }

  #elapsed(): number {
    return (performance.now() - this.#options.startedMs) / 1_000;
  }
}

/** Time and place of a log line say little here and take half the width, and so does the rest of a long name. */
function shortened(line: string): string {
  return line.replace(/^([IWEF])\d{4} [\d:.]+ +\d+ \S+\] /, '$1 ').replaceAll(/(csi-[0-9a-f]{8})[0-9a-f]{56}/g, '$1…');
}
