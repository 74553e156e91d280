import { setTimeout as delay } from 'node:timers/promises';
import type { Attachments } from './attachments.ts';
import { leaseSeconds, type Replica, type Replicas } from './replicas.ts';

export interface TakeoverOptions {
  replicas: Replicas;
  attachments: Attachments;
  /** Attachments that must have come before the leader goes. */
  after: number;
  note(text: string): void;
  signal: AbortSignal;
}

export interface Takeover {
  killed: string;
  successor: string;
  /** From SIGKILL until another one led, and until an operation was done again. */
  takeoverSeconds: number;
  firstOperationSeconds: number;
}

/** Half-way, ends the leader without a warning, as a node that dies does, and starts another replica in its place. */
export async function killLeader(options: TakeoverOptions): Promise<Takeover> {
  const { replicas, attachments, after, note, signal } = options;
  await until(() => attachments.attached.size >= after, signal);
  const leader = await foundLeader(replicas, signal);
  const killedMs = performance.now();
  note(`SIGKILL to ${leader.name}, the leader. Its lease runs out within ${leaseSeconds} s.`);
  await replicas.kill(leader);
  const replacement = replicas.start();
  replacement.catch(() => {}); // Heard of where it is waited for, or as a replica that broke.
  const successor = await foundLeader(replicas, signal);
  const takeoverSeconds = secondsSince(killedMs);
  note(`${successor.name} leads, ${takeoverSeconds.toFixed(1)} s later.`);
  const before = done(attachments);
  await until(() => done(attachments) > before, signal);
  const firstOperationSeconds = secondsSince(killedMs);
  note(`${(await replacement).name} is the new standby.`);
  return { killed: leader.name, successor: successor.name, takeoverSeconds, firstOperationSeconds };
}

function done({ attached, detached }: Attachments): number {
  return attached.size + detached.size;
}

async function foundLeader(replicas: Replicas, signal: AbortSignal): Promise<Replica> {
  let leader: Replica | undefined;
  await until(async () => {
    leader = await replicas.leader();
    return leader !== undefined;
  }, signal);
  if (leader === undefined) throw new Error('nobody leads');
  return leader;
}

async function until(condition: () => boolean | Promise<boolean>, signal: AbortSignal): Promise<void> {
  while (!(await condition())) await delay(50, undefined, { signal });
}

function secondsSince(ms: number): number {
  return (performance.now() - ms) / 1_000;
}
