import { join } from 'node:path';
import { type OurApiServer, startApiServer } from '../bench/rig/api-server.ts';
import type { Children } from '../bench/rig/children.ts';
import { type OurDriver, startDriver } from '../bench/rig/csi-driver.ts';
import { Replicas } from './replicas.ts';

export const driverName = 'demo.csi.example.com';

/** Everything that runs, each a process of its own. */
export interface Cluster {
  server: OurApiServer;
  driver: OurDriver;
  replicas: Replicas;
}

/** Starts the API server, the driver and two attachers. Throws ChildError if one of them does not get ready. */
export async function startCluster(children: Children, directory: string): Promise<Cluster> {
  const server = await startApiServer(children, directory, { controllers: true });
  const driver = await startDriver(children, {
    name: driverName,
    logName: 'driver',
    socket: join(directory, 'csi.sock'),
    // Slow enough to be seen. Now and then a call fails, or does its work and says that it failed: an attacher has to
    // try again.
    args: [
      ...['--publish-delay', '300ms..600ms', '--unpublish-delay', '200ms..400ms'],
      ...['--error-rate', '0.03', '--lost-answer-rate', '0.01', '--error-code', 'Internal,Unavailable', '--seed', '1'],
    ],
  });
  const replicas = new Replicas(children, { kubeconfig: server.attacherKubeconfig, socket: driver.socket });
  await Promise.all([replicas.start(), replicas.start()]);
  return { server, driver, replicas };
}
