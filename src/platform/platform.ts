import type { Clock } from '../base/clock.ts';
import type { Files } from '../base/files.ts';
import type { Random } from '../base/random.ts';
import type { CsiTransport } from '../csi/transport.ts';
import type { Access } from '../kube/access/access.ts';
import type { HttpTransport } from '../kube/client/transport.ts';

/** What `--kube-http` takes: a version of HTTP, or whatever the server chooses. */
export type HttpChoice = 'auto' | '2' | '1.1';

export interface KubeTransportOptions {
  readonly access: Pick<Access, 'endpoint' | 'onChange'>;
  readonly http: HttpChoice;
  /** Called with each connection, with the version of HTTP that it speaks. */
  readonly onConnect: (version: '2' | '1.1') => void;
}

/** The world outside, as one replica meets it: the machine's in production, the simulator's in a simulation. */
export interface Platform {
  clock: Clock;
  random: Random;
  files: Files;
  hostname: string;
  /** A connection to the API server, for one purpose. */
  kubeTransport(options: KubeTransportOptions): HttpTransport;
  /** A connection to the driver's socket. */
  csiTransport(socketPath: string): CsiTransport;
}
