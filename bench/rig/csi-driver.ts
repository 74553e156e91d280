import { existsSync } from 'node:fs';
import { type Child, type Children, waitFor } from './children.ts';
import { LogFile } from './log-file.ts';
import { projectFile } from './paths.ts';

/** What a driver has been asked for, and what is published. */
export interface DriverFigures {
  /** Publish and unpublish calls that arrived. */
  publishCalls: number;
  unpublishCalls: number;
  /** Those among them that were answered with an error. */
  failedCalls: number;
  /** Those that came while another one for the same volume and node was under way. */
  overlappingCalls: number;
  published: number;
}

export interface CsiDriver {
  name: string;
  socket: string;
  /** Asks the driver; undefined if it is not ours. */
  figures(): Promise<DriverFigures | undefined>;
}

export interface DriverOptions {
  /** What GetPluginInfo says. */
  name: string;
  socket: string;
  /** Name of the process, and of its log. */
  logName: string;
  /** More arguments. */
  args?: readonly string[];
}

/** Starts the embedded driver as a process of its own and waits until it listens. */
export async function startDriver(children: Children, options: DriverOptions): Promise<OurDriver> {
  const { name, socket, logName, args = [] } = options;
  const child = children.start({
    name: logName,
    command: projectFile('tools/node'),
    args: [projectFile('testing/csi-driver/main.ts'), '--socket', socket, '--name', name, ...args],
  });
  const listens = () => (existsSync(socket) ? true : undefined);
  await waitFor(listens, { child, otherwise: 'made no socket', timeoutMs: 30_000 });
  return new OurDriver(options, child);
}

/** The embedded driver. Its report is a line of JSON in its log, which it writes when it gets SIGUSR2. */
export class OurDriver implements CsiDriver {
  readonly name: string;
  readonly socket: string;
  readonly child: Child;
  readonly #log: LogFile;

  constructor({ name, socket }: DriverOptions, child: Child) {
    this.name = name;
    this.socket = socket;
    this.child = child;
    this.#log = new LogFile(child.logPath);
  }

  async figures(): Promise<DriverFigures> {
    this.#log.newLines();
    this.child.signalAlone('SIGUSR2');
    const report = (): string | undefined => this.#log.newLines().find((line) => line.startsWith('{'));
    const wait = { child: this.child, otherwise: 'did not report', timeoutMs: 10_000 };
    return readReport(await waitFor(report, wait));
  }
}

interface Report {
  calls: Record<string, number>;
  codes: Record<string, Record<string, number>>;
  overlaps: number;
  published: number;
}

/** Reads the driver's line of JSON. */
export function readReport(line: string): DriverFigures {
  const { calls, codes, overlaps, published } = JSON.parse(line) as Report;
  const failed = (method: string): number =>
    Object.entries(codes[method] ?? {}).reduce((sum, [code, count]) => sum + (code === 'OK' ? 0 : count), 0);
  return {
    publishCalls: calls.ControllerPublishVolume ?? 0,
    unpublishCalls: calls.ControllerUnpublishVolume ?? 0,
    failedCalls: failed('ControllerPublishVolume') + failed('ControllerUnpublishVolume'),
    overlappingCalls: overlaps,
    published,
  };
}

/** A driver that somebody else has started. */
export function runningDriver({ name, socket }: { name: string; socket: string }): CsiDriver {
  return { name, socket, figures: async () => undefined };
}
