import type { Clock } from '../../base/clock.ts';
import type { Files } from '../../base/files.ts';
import type { Access, Environment } from './access.ts';
import { RenewedToken } from './credentials.ts';
import { AccessError, readFile, readToken } from './files.ts';

const folder = '/var/run/secrets/kubernetes.io/serviceaccount';

/** Access as the service account of the pod we run in. */
export async function inClusterAccess(options: { env: Environment; files: Files; clock: Clock }): Promise<Access> {
  const { env, files, clock } = options;
  const server = serverOf(env);
  const hint = 'does the pod have a service account token mounted?';
  const credentials = new RenewedToken({ clock, read: () => readToken(files, `${folder}/token`, hint) });
  const tls = async () => ({ ca: await readFile(files, `${folder}/ca.crt`, hint) });
  await credentials.token();
  await tls();
  return { server, namespace: await readPodNamespace(files), credentials, tls };
}

function serverOf(env: Environment): URL {
  const host = env.KUBERNETES_SERVICE_HOST;
  const port = env.KUBERNETES_SERVICE_PORT;
  if (!host || !port) {
    throw new AccessError(
      'not in a pod (KUBERNETES_SERVICE_HOST or KUBERNETES_SERVICE_PORT is not set): give --kubeconfig',
    );
  }
  const text = `https://${host.includes(':') ? `[${host}]` : host}:${port}`;
  if (!URL.canParse(text)) throw new AccessError(`KUBERNETES_SERVICE_HOST and _PORT make no address: ${text}`);
  return new URL(text);
}

/** The namespace of the pod we run in; undefined outside of one. */
export async function readPodNamespace(files: Files): Promise<string | undefined> {
  try {
    return (await files.readText(`${folder}/namespace`)).trim() || undefined;
  } catch {
    return undefined;
  }
}
