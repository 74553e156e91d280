import process from 'node:process';
import type { Cluster } from './cluster.ts';
import type { Replica } from './replicas.ts';

export interface LeftRunning {
  /** Logs, kubeconfigs and the socket. */
  directory: string;
  /** A file with the attachments, to create again what was deleted. */
  attachments: string;
  leader: Replica | undefined;
}

/** What somebody can try while everything is left running. */
export function hints({ server, driver, replicas }: Cluster, left: LeftRunning): string {
  return [
    'Everything is left running, with a few volumes attached. Try:',
    '',
    `  export KUBECONFIG=${server.adminKubeconfig}`,
    '  kubectl get volumeattachments -w',
    '  kubectl delete volumeattachments --all --wait=false',
    `  kubectl create -f ${left.attachments}`,
    '  kubectl get persistentvolumes,csinodes',
    '  kubectl -n kube-system get leases',
    ...replicas.running.flatMap((replica) => aboutReplica(replica, replica === left.leader)),
    '',
    `  what the driver has published:   kill -USR2 ${driver.child.pid}; tail -n 1 ${driver.child.logPath}`,
    `  all logs and kubeconfigs:        ls ${left.directory}`,
    `  an end to all of it:             Ctrl-C here, or kill ${process.pid}`,
  ].join('\n');
}

function aboutReplica({ name, child, url }: Replica, leads: boolean): string[] {
  return [
    '',
    `  ${name} is process ${child.pid} and ${leads ? 'leads' : 'stands by'}:`,
    `  curl -s ${url}/metrics | grep -v '^#'`,
    `  curl -s '${url}/readyz?verbose'`,
    `  tail -f ${child.logPath}`,
    ...(leads ? [`  kill -9 ${child.pid}`] : []),
  ];
}
