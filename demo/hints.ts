import process from 'node:process';
import type { Cluster } from './cluster.ts';

/** What somebody can try while everything is left running. */
export function hints({ server, driver, replicas }: Cluster, directory: string): string {
  const kubectl = `kubectl --kubeconfig ${server.adminKubeconfig}`;
  return [
    'Everything is left running, with a few volumes attached. Try:',
    '',
    `  ${kubectl} get volumeattachments -w`,
    `  ${kubectl} delete volumeattachment --all --wait=false`,
    `  ${kubectl} get persistentvolumes,csinodes`,
    `  ${kubectl} -n kube-system get lease`,
    ...replicas.running.flatMap(({ name, child, url }) => [
      '',
      `  ${name} is process ${child.pid}`,
      `  curl -s ${url}/metrics | grep -v '^#'`,
      `  curl -s ${url}/readyz?verbose`,
      `  tail -f ${child.logPath}`,
    ]),
    '',
    `  what the driver has published:   kill -USR2 ${driver.child.pid}; tail -n 1 ${driver.child.logPath}`,
    `  all logs and kubeconfigs:        ls ${directory}`,
    `  an end to all of it:             Ctrl-C here, or kill ${process.pid}`,
  ].join('\n');
}
