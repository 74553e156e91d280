import type { Clock } from '../../base/clock.ts';
import type { Files } from '../../base/files.ts';
import type { Access, Environment } from './access.ts';
import { inClusterAccess, readPodNamespace } from './in-cluster.ts';

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
