/** The image's program in a container of its own, and the pod's files around it. */
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import type { TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { RunningApiServer } from '../apiserver/start.ts';
import { AttacherProcess } from '../support/attacher-process.ts';
import { type Image, unpack } from './oci-layout.ts';

const enter = fileURLToPath(new URL('enter.sh', import.meta.url));
/** Where a kubelet mounts a pod's volumes. The runtime makes these folders; the image need not have them. */
const mountPoints = ['csi', 'proc', 'var/run/secrets/kubernetes.io/serviceaccount'];

/** Why no container can be entered on this machine; undefined if one can be. */
export const cannotEnter =
  process.getuid?.() === 0 ? undefined : 'namespaces and chroot need root, and this user is not';

/** What a pod gives its containers: the service account's files, and the folder of the driver's socket. */
export interface Pod {
  readonly folder: string;
  readonly socket: string;
  readonly account: string;
  readonly env: Readonly<Record<string, string>>;
}

/** `account`: whom the API server shall know it as. */
export function pod(context: TestContext, server: RunningApiServer, account: string): Pod {
  const folder = mkdtempSync(join(tmpdir(), 'csi-image-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const files = { token: server.token(account), 'ca.crt': server.caPem, namespace: 'kube-system' };
  for (const name of ['account', 'socket']) mkdirSync(join(folder, name));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, 'account', name), text);
  return {
    folder,
    account: join(folder, 'account'),
    socket: join(folder, 'socket', 'csi.sock'),
    env: { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: `${server.port}` },
  };
}

/** As fsGroup does it: the image's user may open the socket. */
export function giveSocket({ socket }: Pod, { config }: Image): void {
  const [user = 0, group = 0] = config.config.User.split(':').map(Number);
  chownSync(socket, user, group);
  chmodSync(socket, 0o660);
}

/** The image's file system, laid out once for all containers of a test file. */
export function fileSystem(image: Image, folder: string): string {
  mkdirSync(folder);
  unpack(image, folder);
  for (const name of mountPoints) mkdirSync(join(folder, name), { recursive: true });
  return folder;
}

export interface ContainerOptions {
  image: Image;
  root: string;
  pod: Pod;
  args: readonly string[];
  /** In place of the image's entry point. */
  command?: readonly string[];
  /** Of a cgroup, to start it in. */
  procsFile?: string | undefined;
}

export class Container extends AttacherProcess {
  static #count = 0;
  readonly #pidFile: string;
  #pid: number | undefined;

  constructor(context: TestContext, options: ContainerOptions) {
    const { image, root, pod: around, args, procsFile = '-' } = options;
    const { User, Env, Entrypoint } = image.config.config;
    const pidFile = join(around.folder, `pid-${++Container.#count}`);
    const variables = [...Env, ...Object.entries(around.env).map(([name, value]) => `${name}=${value}`)];
    const namespaces = ['unshare', '--mount', '--pid', '--ipc', '--uts', '--fork', '--'] as const;
    const mounts = [root, join(around.folder, 'socket'), around.account];
    super(context, {
      command: [...namespaces, 'sh', enter, pidFile, procsFile, ...mounts, User, ...variables, '--'],
      args: [...(options.command ?? Entrypoint), ...args],
    });
    this.#pidFile = pidFile;
  }

  /** Its process 1, as it is numbered outside; undefined before there is one. */
  get pid(): number | undefined {
    // Remembered, since the pod's folder is gone before the last container is.
    if (this.#pid === undefined && existsSync(this.#pidFile)) {
      this.#pid = Number(readFileSync(this.#pidFile, 'utf8')) || undefined;
    }
    return this.#pid;
  }

  /** To process 1. As it is for a runtime: what has ended, or has not begun, hears nothing. */
  override signal(signal: NodeJS.Signals): void {
    try {
      process.kill(this.pid ?? this.child.pid ?? 0, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }

  /** Process 1 as the kernel sees it, as soon as it is the image's program and hears signals: the lines of `/proc/PID/status`. */
  async begun(): Promise<Map<string, string>> {
    const deadline = performance.now() + 60_000;
    for (;;) {
      const status = this.pid === undefined ? new Map<string, string>() : statusOf(this.pid);
      // It begins its child only once signals wait for it; while it waits for one, the kernel shows none as blocked.
      if (status.get('Name') === 'csi-attacher' && hasChild(this.pid ?? 0)) return status;
      if (performance.now() > deadline)
        throw new Error(`process 1 (${this.pid}) has not begun: ${[...status]}\n${this.output}`);
      await delay(1);
    }
  }
}

function statusOf(pid: number): Map<string, string> {
  const text = existsSync(`/proc/${pid}/status`) ? readFileSync(`/proc/${pid}/status`, 'utf8') : '';
  return new Map(text.split('\n').map((line) => line.split(':\t') as [string, string]));
}

function hasChild(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8') !== '';
  } catch {
    return false;
  }
}
