/** An embedded API server, and helm and kubectl that talk to it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type RunningApiServer, startApiServer } from '../apiserver/start.ts';
import { startKubectl } from '../kubectl/replay/binary.ts';
import { clusterTool } from './cluster-tools.ts';

export interface DeployCluster {
  readonly server: RunningApiServer;
  /** For files of the test's own; gone after it. */
  readonly folder: string;
  /** Gives what it wrote to stdout. Rejects with what it wrote to stderr if it fails. */
  kubectl(args: readonly string[], stdin?: string): Promise<string>;
  helm(args: readonly string[]): Promise<string>;
}

export async function startDeployCluster(context: TestContext): Promise<DeployCluster> {
  const folder = mkdtempSync(join(tmpdir(), 'csi-deploy-'));
  const server = await startApiServer();
  context.after(async () => {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const kubeconfig = join(folder, 'kubeconfig');
  writeFileSync(kubeconfig, server.kubeconfig(), { mode: 0o600 });
  const runner = (command: string) => async (args: readonly string[], stdin?: string) => {
    const { exitCode, stdout, stderr } = await startKubectl(command, kubeconfig, folder, args, stdin).ended;
    if (exitCode !== 0) throw new Error(`${args.join(' ')}: ${stderr || stdout}`);
    return stdout;
  };
  return { server, folder, kubectl: runner(clusterTool('kubectl')), helm: runner(clusterTool('helm')) };
}
