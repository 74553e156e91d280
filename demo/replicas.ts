import { type Child, ChildError, type Children, waitFor } from '../bench/rig/children.ts';
import { LogFile } from '../bench/rig/log-file.ts';
import { projectFile } from '../bench/rig/paths.ts';

/** A replica of the attacher. */
export interface Replica {
  name: string;
  child: Child;
  /** Base URL of its metrics and health. */
  url: string;
}

/** Shorter than anybody would set them in earnest, so that nobody has to wait long for the take-over. */
export const leaseSeconds = 4;
const leaseFlags = [
  `--leader-election-lease-duration=${leaseSeconds}s`,
  '--leader-election-renew-deadline=3s',
  '--leader-election-retry-period=1s',
];

const listening = /"Listening".*address="([^"]+)"/;

/** The attachers: starts them, asks which one leads, ends one. */
export class Replicas {
  readonly #children: Children;
  readonly #flags: readonly string[];
  readonly #all: Replica[] = [];
  readonly #killed = new Set<Replica>();
  #ended: ((replica: Replica, end: string) => void) | undefined;
  readonly #broken = Promise.withResolvers<never>();

  constructor(children: Children, { kubeconfig, socket }: { kubeconfig: string; socket: string }) {
    this.#children = children;
    this.#flags = [
      ...['--kubeconfig', kubeconfig, '--csi-address', socket, '--leader-election-namespace', 'kube-system'],
      ...['--http-endpoint', '127.0.0.1:0', ...leaseFlags],
    ];
    this.#broken.promise.catch(() => {}); // Not every use of this waits for it, and at the end all are stopped.
  }

  /** Rejects when one ends that nobody killed. */
  get broken(): Promise<never> {
    return this.#broken.promise;
  }

  /** Starts one more and waits until it answers. */
  async start(): Promise<Replica> {
    const name = `attacher-${this.#all.length + 1}`;
    const child = this.#children.start({ name, command: projectFile('bin/csi-attacher'), args: this.#flags });
    const replica: Replica = { name, child, url: '' };
    this.#all.push(replica);
    child.ended.then((end) => {
      if (this.#killed.has(replica)) return;
      if (this.#ended !== undefined) this.#ended(replica, end);
      else this.#broken.reject(new ChildError(child, `ended (${end})`));
    });
    const log = new LogFile(child.logPath);
    const address = (): string | undefined =>
      log
        .newLines()
        .map((line) => listening.exec(line)?.[1])
        .find(Boolean);
    const otherwise = 'did not say where it listens';
    replica.url = `http://${await waitFor(address, { child, otherwise, timeoutMs: 30_000 })}`;
    return replica;
  }

  /** Ends one without a warning. */
  async kill(replica: Replica): Promise<void> {
    this.#killed.add(replica);
    replica.child.signal('SIGKILL');
    await replica.child.ended;
  }

  /** From now on another one is started for each that ends, and `note` told of it, until the signal aborts. */
  replaceEnded(note: (text: string) => void, signal: AbortSignal): void {
    this.#ended = (replica, end) => {
      // One that never got ready is no better when it is started once more.
      if (signal.aborted || replica.url === '') return;
      note(`${replica.name} has ended (${end}).`);
      this.start().then(
        ({ name, child }) => note(`${name} takes its place, as process ${child.pid}: tail -f ${child.logPath}`),
        (error: unknown) => {
          if (!signal.aborted)
            note(`Nobody takes its place: ${error instanceof Error ? error.message : String(error)}`);
        },
      );
    };
  }

  /** Without those that are being killed. */
  get running(): Replica[] {
    return this.#all.filter((replica) => replica.child.end === undefined && !this.#killed.has(replica));
  }

  get all(): readonly Replica[] {
    return this.#all;
  }

  /** The one that says that it leads; undefined while none does. */
  async leader(): Promise<Replica | undefined> {
    const leads = await Promise.all(
      this.running.map(async (replica) => ((await isLeading(replica)) ? replica : undefined)),
    );
    // It may have been killed while it was asked.
    return leads.find((replica) => replica !== undefined && this.running.includes(replica));
  }
}

async function isLeading({ url }: Replica): Promise<boolean> {
  if (url === '') return false;
  try {
    const page = await (await fetch(`${url}/metrics`)).text();
    return /^leader_election_master_status(\{[^}]*\})? 1$/m.test(page);
  } catch {
    return false; // It is gone; the next look is at those that are left.
  }
}
