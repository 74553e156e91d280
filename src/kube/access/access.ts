import type { Clock } from '../../base/clock.ts';
import type { Files } from '../../base/files.ts';
import type { Credentials } from './credentials.ts';
import { inClusterAccess, readPodNamespace } from './in-cluster.ts';

/** Where the API server is and who we are to it. */
export interface Access {
  /** May have a path, under which the API then is. */
  readonly server: URL;
  /** The namespace we live in; undefined if there is none to be found. */
  readonly namespace: string | undefined;
  readonly credentials: Credentials;
  /** Asked for before each connection, since the files behind it may have been replaced. */
  tls(): Promise<TlsMaterial>;
}

/** All in PEM. */
export interface TlsMaterial {
  /** Who may vouch for the server; absent: the authorities that the machine trusts. */
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /** The name that the server's certificate must carry, where it is not that of the URL. */
  readonly serverName?: string | undefined;
  /** Trust whatever answers. */
  readonly insecure?: boolean | undefined;
}

export type Environment = Readonly<Record<string, string | undefined>>;

export interface FindAccessOptions {
  /** Path of `--kubeconfig`; undefined or empty: we are in a pod. */
  kubeconfig: string | undefined;
  env: Environment;
  files: Files;
  clock: Clock;
}

/** Reads everything once, so that what is missing is said now and not with the first request. Throws AccessError. */
export async function findAccess({ kubeconfig, env, files, clock }: FindAccessOptions): Promise<Access> {
  if (kubeconfig === undefined || kubeconfig === '') return inClusterAccess({ env, files, clock });
  // Loaded only here: in a pod there is no kubeconfig, and no need for YAML.
  const { kubeconfigAccess } = await import('./kubeconfig.ts');
  return kubeconfigAccess({ path: kubeconfig, namespace: await readPodNamespace(files), files, clock });
}
