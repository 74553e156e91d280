/** A kubectl of version 1.30 or newer, if this machine has one, and how it is run. */
import { execFileSync, spawn } from 'node:child_process';

interface Run {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningKubectl {
  /** Standard output so far. */
  output(): string;
  /** Resolves at the end of the process. */
  readonly ended: Promise<Run>;
  stop(): void;
}

/** The command to run; undefined if there is none that is new enough. KUBECTL names another than that on the PATH. */
export function findKubectl(): string | undefined {
  const command = process.env.KUBECTL ?? 'kubectl';
  try {
    const text = execFileSync(command, ['version', '--client', '-o', 'json'], { stdio: ['ignore', 'pipe', 'ignore'] });
    const { clientVersion } = JSON.parse(String(text)) as { clientVersion: { major: string; minor: string } };
    const isNew = Number(clientVersion.major) > 1 || Number.parseInt(clientVersion.minor, 10) >= 30;
    return isNew ? command : undefined;
  } catch {
    return undefined;
  }
}

/** Starts kubectl with a home of its own, so that nothing of this machine's settings counts. */
export function startKubectl(
  command: string,
  kubeconfig: string,
  home: string,
  args: readonly string[],
  stdin = '',
): RunningKubectl {
  const env = { PATH: process.env.PATH, HOME: home, KUBECONFIG: kubeconfig, NO_PROXY: '*' };
  const child = spawn(command, args, { env, stdio: 'pipe' });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += String(chunk);
  });
  child.stderr.on('data', (chunk) => {
    stderr += String(chunk);
  });
  // It may end without reading what it is given.
  child.stdin.on('error', () => {});
  child.stdin.end(stdin);
  const ended = new Promise<Run>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ exitCode: code ?? -1, stdout, stderr }));
  });
  return { output: () => stdout, ended, stop: () => void child.kill() };
}
