import { Code } from '../../csi/errors.ts';
import { at, isDeleting, nameOf, type Obj, text, time } from '../api/objects.ts';
import type { VolumeFacts } from './facts.ts';

/** The failure of an attachment that stands in the way now, from wherever it is told. */
export interface ToldFailure {
  readonly message: string;
  /** gRPC code; undefined if the driver was not what failed. */
  readonly code: number | undefined;
  readonly timedOut: boolean;
}

export type FailureKind = 'webhook' | 'permission' | 'secret' | 'unavailable' | 'uncertain' | 'final' | 'other';

const eventReasons = {
  attach: ['FailedAttachVolume', 'AttachTimedOut'],
  detach: ['FailedDetachVolume', 'DetachTimedOut'],
} as const;

/** The leader's own word, else the status, else the latest event about the attachment. */
export function failureOf(facts: VolumeFacts, attachment: Obj): ToldFailure | undefined {
  const operation = isDeleting(attachment) ? 'detach' : 'attach';
  const shown = at(attachment, `status.${operation}Error`);
  const code = at(shown, 'errorCode');
  const leader = facts.leader.get(nameOf(attachment))?.failure;
  const message = leader ?? (text(shown, 'message') || eventMessage(facts, attachment, operation));
  if (message === undefined || message === '') return undefined;
  return {
    message,
    code: leader === undefined && typeof code === 'number' ? code : codeIn(message),
    timedOut: /^(attach|detach) timed out after /.test(message),
  };
}

/** Calls that ended so may still be going on in the driver: the volume may be attached all the same. */
const uncertainCodes: readonly number[] = [
  Code.Canceled,
  Code.Unknown,
  Code.DeadlineExceeded,
  Code.ResourceExhausted,
  Code.Aborted,
];

export function kindOf({ message, code }: ToldFailure): FailureKind {
  if (/admission webhook "[^"]+" denied|denied by|did not keep it/.test(message)) return 'webhook';
  if (code === undefined && /forbidden|missing rule/i.test(message)) return 'permission';
  if (code === undefined && /secret\b.*not found|secrets? "[^"]*" (is )?missing/i.test(message)) return 'secret';
  if (code === Code.Unavailable) return 'unavailable';
  if (code === undefined) return 'other';
  return uncertainCodes.includes(code) ? 'uncertain' : 'final';
}

/** The webhook or policy that a message names; empty if it names none. */
export function webhookIn(message: string): string {
  return /webhook "([^"]+)"/.exec(message)?.[1] ?? '';
}

/** What a message says after "the missing rule is", or the authorizer's own words; empty without either. */
export function ruleIn(message: string): string {
  const own = /the missing rule is (.+)$/.exec(message)?.[1];
  if (own !== undefined) return own;
  const words = /cannot ([a-z]+) resource "([^"]+)" in API group "([^"]*)"/.exec(message);
  return words === null ? '' : `apiGroups: ["${words[3]}"], resources: ["${words[2]}"], verbs: ["${words[1]}"]`;
}

/** `namespace/name` of the secret that a message misses. */
export function secretIn(message: string): string {
  return /secrets? "([^"]+)"/.exec(message)?.[1] ?? '';
}

function codeIn(message: string): number | undefined {
  const name = /rpc error: code = (\w+)/.exec(message)?.[1];
  return name === undefined ? undefined : (Code as Readonly<Record<string, number>>)[name];
}

function eventMessage(facts: VolumeFacts, attachment: Obj, operation: 'attach' | 'detach'): string | undefined {
  const reasons: readonly string[] = eventReasons[operation];
  const sinceMs = time(
    attachment,
    operation === 'attach' ? 'metadata.creationTimestamp' : 'metadata.deletionTimestamp',
  );
  const about = facts.events.filter(
    (event) =>
      text(event, 'involvedObject.uid') === text(attachment, 'metadata.uid') &&
      reasons.includes(text(event, 'reason')) &&
      (seenMs(event) ?? 0) >= (sinceMs ?? 0),
  );
  const latest = latestOf(about);
  return latest === undefined ? undefined : text(latest, 'message').replace(/ \(volume attachment [^)]*\)$/, '');
}

export function latestOf(events: readonly Obj[]): Obj | undefined {
  return [...events].sort((one, other) => (seenMs(other) ?? 0) - (seenMs(one) ?? 0))[0];
}

function seenMs(event: Obj): number | undefined {
  return (
    time(event, 'series.lastObservedTime') ??
    time(event, 'lastTimestamp') ??
    time(event, 'eventTime') ??
    time(event, 'metadata.creationTimestamp')
  );
}
