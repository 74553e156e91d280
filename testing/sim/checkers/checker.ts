import type { HttpRequest } from '../../../src/kube/client/transport.ts';
import type { Served } from '../cluster/api-side.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { ControllerManager } from '../cluster/controller-manager.ts';
import type { DriverMoment } from '../cluster/driver-side.ts';
import type { StoredWrite } from '../cluster/stored-write.ts';
import type { SimOptions } from '../options.ts';
import type { Ending, Load, Replica } from '../replica/replica.ts';
import type { SimProcess } from '../replica/sim-process.ts';
import type { Leadership } from './leadership.ts';
import type { Publications } from './publications.ts';

/** What a checker sees of the world. It sees nothing of what goes on inside an attacher. */
export interface Scene {
  readonly options: SimOptions;
  readonly nowMs: number;
  readonly cluster: Cluster;
  readonly controllerManager: ControllerManager;
  readonly replicas: readonly Replica[];
  readonly publications: Publications;
  readonly leadership: Leadership;
  /** Says that a promise was broken, and ends the run. Only the first one counts. */
  broken(promise: string): void;
}

/** Watches over one property. Each method is called at once when what it tells of happens. */
export interface Checker {
  stored?(write: StoredWrite): void;
  served?(served: Served): void;
  driver?(moment: DriverMoment): void;
  /** Connections to the driver have broken: all, or one attacher's. */
  driverLost?(): void;
  requestSent?(by: SimProcess, request: HttpRequest): void;
  callSent?(by: SimProcess, method: string, request: Uint8Array): void;
  logged?(by: SimProcess, line: string): void;
  began?(by: SimProcess): void;
  ended?(by: SimProcess, why: Ending, left: Load): void;
  /** After the faults are over: why it is not yet as it should be, or undefined. */
  pending?(): string | undefined;
  /** All has come to rest. */
  settled?(): void;
}

/** A property with a name: `make` puts a checker of it into a world. */
export interface Property {
  /** As a file name without its ending. */
  readonly name: string;
  make(scene: Scene): Checker;
}
