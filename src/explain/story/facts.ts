import type { Obj } from '../api/objects.ts';
import type { Read } from '../api/reader.ts';

/** What the leader says of one attachment at `/debug/attachments`, as far as a story uses it. */
export interface LeaderView {
  readonly running: boolean;
  readonly failuresInARow: number;
  readonly retryInSeconds: number | undefined;
  /** The failure that stands in the way, if there is one. */
  readonly failure: string | undefined;
}

/** All that is known of one volume and of those who have to do with it. */
export interface VolumeFacts {
  /** Milliseconds since the epoch, by the clock of whoever asks. */
  readonly nowMs: number;
  readonly claimName: { readonly namespace: string; readonly name: string } | undefined;
  readonly claim: Read;
  readonly volumeName: string;
  readonly volume: Read;
  /** The CSI driver that the volume belongs to; empty if nothing tells. */
  readonly driver: string;
  /** Of this volume, for whichever attacher; undefined if they may not be read. */
  readonly attachments: readonly Obj[] | undefined;
  /** Of all volumes and drivers. */
  readonly allAttachments: readonly Obj[];
  /** Pods that use the claim and have not ended; undefined if pods may not be read. */
  readonly pods: readonly Obj[] | undefined;
  readonly nodes: ReadonlyMap<string, Read>;
  readonly csiNodes: ReadonlyMap<string, Read>;
  /** By driver name. */
  readonly csiDrivers: ReadonlyMap<string, Read>;
  /** The attachers' leases by driver name: absent if there is none; undefined if they may not be read. */
  readonly leases: ReadonlyMap<string, Obj> | undefined;
  /** Pods beside the lease in which an attacher runs, by driver name. */
  readonly attacherPods: ReadonlyMap<string, readonly Obj[]>;
  /** About the pods, the claim, the volume and the attachments. */
  readonly events: readonly Obj[];
  /** By the attachment's name; empty where the leader cannot be reached. */
  readonly leader: ReadonlyMap<string, LeaderView>;
}

/** One node that the volume is on, or is wanted on. */
export interface Place {
  readonly node: string;
  /** For the driver that the volume belongs to, if there is one; else for whichever. */
  readonly attachment: Obj | undefined;
  readonly pods: readonly Obj[];
}
