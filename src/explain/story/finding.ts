/** What stands in the way of a volume, or that nothing does: one word for programs, a text in the catalogues. */
export type Cause =
  | 'allWell'
  | 'notWanted'
  | 'attachedUnused'
  | 'claimMissing'
  | 'claimPending'
  | 'claimLost'
  | 'podUnscheduled'
  | 'notYetMade'
  | 'notMade'
  | 'multiAttach'
  | 'multiAttachLeaving'
  | 'wrongAttacher'
  | 'unknownAttacher'
  | 'mixedAttachers'
  | 'volumeGone'
  | 'volumeDeleting'
  | 'nodeGone'
  | 'nodeDown'
  | 'nodeOutOfService'
  | 'csiNodeMissing'
  | 'driverNotOnNode'
  | 'secretMissing'
  | 'permissionMissing'
  | 'webhookDenies'
  | 'driverDown'
  | 'driverUncertain'
  | 'driverFinal'
  | 'attacherError'
  | 'noLeader'
  | 'noLease'
  | 'behindBacklog'
  | 'attacherSilent'
  | 'callInProgress'
  | 'detachInProgress'
  | 'detachFails'
  | 'detachVolumeGone'
  | 'foreignFinalizer'
  | 'stillHeld'
  | 'kubeletWaits'
  | 'kubeletFails'
  | 'unreadable';

export type Actor =
  | 'nobody'
  | 'controller'
  | 'attacher'
  | 'attacherOperator'
  | 'driver'
  | 'storageAdministrator'
  | 'clusterAdministrator'
  | 'kubelet'
  | 'nodePlugin'
  | 'provisioner'
  | 'scheduler'
  | 'podOwner'
  | 'finalizerOwner'
  | 'webhookOwner';

/** `ok`: nothing is wrong. `waiting`: somebody is at it, and nobody else has to act. `act`: it goes on only when somebody acts. */
export type Verdict = 'ok' | 'waiting' | 'act';

export interface Finding {
  readonly cause: Cause;
  readonly verdict: Verdict;
  /** Whose turn it is. */
  readonly waitsFor: Actor;
  /** Who has to act so that it goes on; `nobody` if it goes on by itself. */
  readonly acts: Actor;
  /** What the texts name. */
  readonly values: Readonly<Record<string, string>>;
  /** The next step, in the order in which the commands are given. */
  readonly commands: readonly string[];
  /** The error as it was told, if there is one. */
  readonly error?:
    | { readonly message: string; readonly code: number | undefined; readonly timedOut: boolean }
    | undefined;
}

/** 0 nothing is wrong, 3 something is waited for, 4 somebody has to act. */
export function exitCodeOf(findings: readonly Finding[]): 0 | 3 | 4 {
  if (findings.some(({ verdict }) => verdict === 'act')) return 4;
  return findings.some(({ verdict }) => verdict === 'waiting') ? 3 : 0;
}
