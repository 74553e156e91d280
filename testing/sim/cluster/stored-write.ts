import type { StoreEvent } from '../../apiserver/storage/store.ts';
import type { SimProcess } from '../replica/sim-process.ts';
import type { Plural } from './cluster.ts';

/** One write that the API server has made durable. */
export interface StoredWrite {
  readonly plural: Plural;
  readonly event: StoreEvent;
  /** The attacher's process, or the name of somebody in the world. */
  readonly by: SimProcess | string;
}
