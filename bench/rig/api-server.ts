import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { attacherRole } from '../../testing/apiserver/attacher-role.ts';
import type { Api } from './api.ts';
import { type Child, type Children, waitFor } from './children.ts';
import { connect } from './connect.ts';
import { projectFile } from './paths.ts';

export interface ApiServer {
  /** As somebody who may do all. */
  api: Api;
  adminKubeconfig: string;
  /** For the attacher, which may do what it needs. */
  attacherKubeconfig: string;
}

export interface OurApiServer extends ApiServer {
  child: Child;
}

interface ServerOptions {
  /** Of its process and its files. */
  name?: string;
  /** Whether somebody plays the controllers of volumes: not where their writes would be measured with the rest. */
  controllers?: boolean;
}

/** Starts the embedded API server as a process of its own and waits until it answers. Files go to `directory`. */
export async function startApiServer(
  children: Children,
  directory: string,
  options: ServerOptions = {},
): Promise<OurApiServer> {
  const { name = 'apiserver', controllers = false } = options;
  const token = randomUUID();
  const tokens = join(directory, `${name}.tokens.csv`);
  const adminKubeconfig = join(directory, `${name}.admin.kubeconfig`);
  const attacherKubeconfig = join(directory, `${name}.attacher.kubeconfig`);
  writeFileSync(tokens, `${randomUUID()},admin,admin,"system:masters"\n${token},attacher,attacher\n`, { mode: 0o600 });
  const child = children.start({
    name,
    command: projectFile('tools/node'),
    args: [
      projectFile('testing/apiserver/main.ts'),
      ...['--port', '0', '--kubeconfig', adminKubeconfig, '--tokens', tokens],
      ...(controllers ? [] : ['--no-controllers']),
    ],
  });
  const written = () => (existsSync(adminKubeconfig) ? true : undefined);
  await waitFor(written, { child, otherwise: 'wrote no kubeconfig', timeoutMs: 30_000 });
  const api = await connect(adminKubeconfig);
  const answers = () =>
    api.text('GET', '/readyz').then(
      () => true,
      () => undefined,
    );
  await waitFor(answers, { child, otherwise: 'did not answer', timeoutMs: 30_000 });
  writeKubeconfig(adminKubeconfig, attacherKubeconfig, token);
  const { role, binding } = attacherRole('attacher');
  await api.create('/apis/rbac.authorization.k8s.io/v1/clusterroles', role);
  await api.create('/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', binding);
  return { api, adminKubeconfig, attacherKubeconfig, child };
}

/** The same server, another user; as JSON, so that a parser of YAML, which a pod never needs, is not measured with it. */
function writeKubeconfig(from: string, to: string, token: string): void {
  const config = parse(readFileSync(from, 'utf8')) as { users: { user: object }[] };
  for (const each of config.users) each.user = { token };
  writeFileSync(to, JSON.stringify(config), { mode: 0o600 });
}
