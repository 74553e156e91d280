import type { Meddling } from '../apiserver/writes/admission.ts';
import type { LaneState } from './links/network.ts';

/** What happens in the world at some time. Numbers of replicas, volumes and nodes wrap around to those there are. */
export type ScriptItem = { atMs: number } & Action;

/** The ways that lead away from an attacher. */
export type LaneName = 'volumes' | 'lease' | 'driver';

export type Action =
  /** Controller-manager wants the volume on the node (and off all others). `force`: it does not wait until it is off. */
  | { kind: 'attach'; volume: number; node: number; force: boolean }
  /** Controller-manager wants the volume nowhere. */
  | { kind: 'detach'; volume: number }
  /** Everything on the node goes to the next one. */
  | { kind: 'drain'; node: number }
  /** The volumes from the first on, so many of them, each change their node at once. */
  | { kind: 'storm'; volumes: number }
  /** Somebody deletes the volume's attachment, without controller-manager. */
  | { kind: 'delete attachment'; volume: number }
  /** Somebody takes the attacher's finalizer off the attachment, and deletes it if `alsoDelete`. */
  | { kind: 'strip attachment'; volume: number; alsoDelete: boolean }
  /** Somebody adds an annotation, a label, and a finalizer of their own, which they take off again after `holdMs`. */
  | { kind: 'touch attachment'; volume: number; holdMs: number }
  | { kind: 'delete volume'; volume: number }
  /** Deletes the PersistentVolume and takes all finalizers off it. It comes back after `backAfterMs`, if not 0. */
  | { kind: 'strip volume'; volume: number; backAfterMs: number }
  /** The same for the PersistentVolume. */
  | { kind: 'touch volume'; volume: number; holdMs: number }
  /** The node comes back under another id after `downMs`; `machineGone`: what was published to the old one is no more. */
  | { kind: 'recreate node'; node: number; downMs: number; machineGone: boolean }
  /** The driver is not registered on the node for a while. */
  | { kind: 'unregister driver'; node: number; downMs: number }
  /** The secret gets another value; or it is not there for `goneMs`. */
  | { kind: 'rotate secret'; goneMs: number }
  /** The attacher's process ends where it stands, at the nth thing that it sends from now on. */
  | { kind: 'kill'; replica: number; sends: number; after: boolean; downMs: number }
  /** SIGTERM, and a new process. */
  | { kind: 'stop'; replica: number; downMs: number }
  /** The process stands still, now or at the nth thing that it sends from now on. */
  | { kind: 'pause'; replica: number; sends: number; after: boolean; forMs: number }
  /** The same for the leader, until so long after its lease has expired; a negative number is before that. */
  | { kind: 'pause leader'; sends: number; after: boolean; untilMs: number }
  /** The same two, but it is their machine that is suspended: its monotonic clock stands still. */
  | { kind: 'suspend'; replica: number; sends: number; after: boolean; forMs: number }
  | { kind: 'suspend leader'; sends: number; after: boolean; untilMs: number }
  | { kind: 'partition'; replica: number; lanes: readonly LaneName[]; how: LaneState; forMs: number }
  | { kind: 'break connections'; replica: number }
  /** Watches end, and earlier versions cannot be watched from any more. */
  | { kind: 'restart api' }
  /** Lists at earlier versions are answered 410. */
  | { kind: 'compact' }
  /** The caches of one API server lie behind. */
  | { kind: 'lag'; frontend: number; lagMs: number; forMs: number }
  /** The attachers' token is not taken any more, and there is a new one in their file `lateMs` later. */
  | { kind: 'rotate token'; lateMs: number }
  /** A webhook changes one field of all that attachers write, numbered as in written-fields.ts. */
  | { kind: 'meddle'; field: number; how: Meddling; forMs: number }
  /** The driver is started again, and says for a while that it cannot publish. */
  | { kind: 'lose capability'; forMs: number }
  /** Some right is taken away for a while. */
  | { kind: 'revoke'; rule: number; forMs: number }
  | { kind: 'restart driver'; forget: boolean; downMs: number }
  | { kind: 'cut driver' }
  /** Somebody detaches a volume behind everybody's back. */
  | { kind: 'detach behind'; volume: number };

export type ActionKind = Action['kind'];
