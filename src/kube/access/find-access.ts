import type { Clock } from '../../base/clock.ts';
import type { Files } from '../../base/files.ts';
import { type Logger, noLogger } from '../../base/log/logger.ts';
import type { Programs } from '../../base/programs.ts';
import type { Access, Environment } from './access.ts';
import { inClusterAccess, readPodNamespace } from './in-cluster.ts';

export interface FindAccessOptions {
  /** Path of `--kubeconfig`; undefined or empty: we are in a pod. */
  kubeconfig: string | undefined;
  env: Environment;
  files: Files;
  clock: Clock;
  /** For the programs that a kubeconfig may name; without it they are refused. */
  programs?: Programs | undefined;
  logger?: Logger | undefined;
  /** Ends a program that runs, and lets none be started any more. */
  stop?: AbortSignal | undefined;
}

/** Reads everything once, so that what is missing is said now and not with the first request. Throws AccessError. */
export async function findAccess(options: FindAccessOptions): Promise<Access> {
  const { kubeconfig, env, files, clock, programs = noPrograms, logger = noLogger, stop } = options;
  if (kubeconfig === undefined || kubeconfig === '') return inClusterAccess({ env, files, clock, logger });
  // Loaded only here: in a pod there is no kubeconfig, and no need for YAML.
  const { kubeconfigAccess } = await import('./kubeconfig-access.ts');
  const namespace = await readPodNamespace(files);
  return kubeconfigAccess({ path: kubeconfig, namespace, files, clock, programs, logger, stop });
}

const noPrograms: Programs = { run: () => Promise.reject(new Error('no programs are run here')) };
