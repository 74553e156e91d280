/** An embedded API server, and helm and kubectl that talk to it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type RunningApiServer, startApiServer } from '../apiserver/start.ts';
import { forKubectl } from '../kubectl/index.ts';
import { startKubectl } from '../kubectl/replay/binary.ts';
import { clusterTool } from './cluster-tools.ts';

export interface DeployCluster {
  readonly server: RunningApiServer;
  /** For files of the test's own; gone after it. */
  readonly folder: string;
  /** Writes a file that nobody else can read into the folder, and gives its path. */
  file(name: string, text: string): string;
  /** Gives what it wrote to stdout. Rejects with what it wrote to stderr if it fails. */
  kubectl(args: readonly string[], stdin?: string): Promise<string>;
  helm(args: readonly string[], stdin?: string): Promise<string>;
}

export async function startDeployCluster(context: TestContext): Promise<DeployCluster> {
  const folder = mkdtempSync(join(tmpdir(), 'csi-deploy-'));
  const server = await startApiServer({ extension: forKubectl() });
  context.after(async () => {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const file = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  const kubeconfig = file('kubeconfig', server.kubeconfig());
  const runner = (command: string) => async (args: readonly string[], stdin?: string) => {
    const { exitCode, stdout, stderr } = await startKubectl(command, kubeconfig, folder, args, stdin).ended;
    if (exitCode !== 0) throw new Error(`${args.join(' ')}: ${stderr || stdout}`);
    return stdout;
  };
  return { server, folder, file, kubectl: runner(clusterTool('kubectl')), helm: runner(clusterTool('helm')) };
}
