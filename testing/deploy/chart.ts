/** The chart in deploy/helm, and the driver's chart here that has it as a dependency. */
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import type { DeployCluster } from './cluster.ts';
import { deployPath, type Manifest, objectsIn } from './manifests.ts';

export const chart = deployPath('helm/csi-attacher');

export const driverContainers = [
  {
    name: 'csi-driver',
    image: 'registry.example/driver:1',
    args: ['--endpoint=unix:///csi/csi.sock'],
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
    volumeMounts: [{ name: 'socket-dir', mountPath: '/csi' }],
  },
];

/** Values in which the chart's pods have a driver, with `values` over them. */
export function withDriver(values: object = {}, deployment: object = {}): object {
  return { ...values, deployment: { driverContainers, ...deployment } };
}

/** Runs helm with values from standard input. */
export function helmWith(cluster: DeployCluster, args: readonly string[], values: object): Promise<string> {
  return cluster.helm([...args, '--values', '-'], stringify(values));
}

/** What helm makes of a chart (ours unless told) as release `x` in namespace `storage`. */
export async function template(cluster: DeployCluster, values: object, of = chart): Promise<Manifest[]> {
  return objectsIn(await helmWith(cluster, ['template', 'x', of, '--namespace', 'storage'], values));
}

/** A copy of the driver's chart with its dependency in place, as `helm dependency build` leaves it. */
export async function driverChart(cluster: DeployCluster): Promise<string> {
  const copy = join(cluster.folder, 'some-driver');
  cpSync(fileURLToPath(new URL('driver-chart', import.meta.url)), copy, { recursive: true });
  cpSync(chart, join(cluster.folder, 'csi-attacher'), { recursive: true });
  await cluster.helm(['dependency', 'update', copy]);
  return copy;
}
