import type { Clock } from '../../base/clock.ts';
import type { Files } from '../../base/files.ts';
import type { Logger } from '../../base/log/logger.ts';
import type { Access, Environment } from './access.ts';
import { AccessError, readFile, readToken } from './files.ts';
import { type AccessSource, LiveAccess } from './live-access.ts';

const folder = '/var/run/secrets/kubernetes.io/serviceaccount';

export interface InClusterOptions {
  env: Environment;
  files: Files;
  clock: Clock;
  logger: Logger;
}

/** Access as the service account of the pod we run in. Throws AccessError. */
export async function inClusterAccess({ env, files, clock, logger }: InClusterOptions): Promise<Access> {
  const server = serverOf(env);
  const hint = 'does the pod have a service account token mounted?';
  const source: AccessSource = {
    read: async () => {
      const token = await readToken(files, `${folder}/token`, hint);
      const ca = await readFile(files, `${folder}/ca.crt`, hint);
      return { endpoint: { server, tls: { ca } }, token };
    },
    refused: () => {},
  };
  const access = new LiveAccess({ source, namespace: await readPodNamespace(files), clock, logger });
  await access.endpoint();
  return access;
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
