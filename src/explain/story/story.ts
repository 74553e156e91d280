import { finalizerName } from '../../attacher/state/names.ts';
import { at, fullName, isDeleting, nameOf, strings, text, time } from '../api/objects.ts';
import { diagnose } from './diagnose.ts';
import type { Place, VolumeFacts } from './facts.ts';
import type { Finding } from './finding.ts';
import { codeText, type Phrase } from './phrase.ts';
import { wanting } from './places.ts';
import { ageOf } from './since.ts';

/** What is told of one volume with regard to one node, or of the volume as a whole. */
export interface Chapter {
  /** Undefined: it is about the volume. */
  readonly node: string | undefined;
  readonly wanted: readonly Phrase[];
  readonly done: readonly Phrase[];
  readonly finding: Finding;
  /** What the driver's code means. */
  readonly codeMeans: Phrase | undefined;
}

export interface Story {
  readonly claim: string | undefined;
  readonly volume: string | undefined;
  readonly driver: string | undefined;
  readonly chapters: readonly Chapter[];
}

export function storyOf(facts: VolumeFacts): Story {
  const { claimName, volumeName, driver } = facts;
  return {
    claim: claimName && `${claimName.namespace}/${claimName.name}`,
    volume: volumeName || undefined,
    driver: driver || undefined,
    chapters: diagnose(facts).map(({ place, finding }) => ({
      node: place?.node,
      wanted: place === undefined ? [] : wantedAt(facts, place),
      done: place === undefined ? [] : doneAt(facts, place),
      finding,
      codeMeans: codeText(finding.error?.code),
    })),
  };
}

function wantedAt(facts: VolumeFacts, { node, attachment, pods }: Place): Phrase[] {
  const live = wanting(pods);
  const phrases: Phrase[] = [];
  if (live.length > 0) phrases.push({ key: 'wanted.pods', values: { node, pods: live.map(fullName).join(', ') } });
  if (attachment === undefined) return phrases;
  const deleted = isDeleting(attachment);
  const sinceMs = time(attachment, `metadata.${deleted ? 'deletionTimestamp' : 'creationTimestamp'}`) ?? facts.nowMs;
  const values = { node, age: ageOf(facts.nowMs - sinceMs) };
  return [...phrases, { key: deleted ? 'wanted.detach' : 'wanted.attachment', values }];
}

function doneAt(facts: VolumeFacts, { attachment }: Place): Phrase[] {
  if (attachment === undefined) return [{ key: 'done.nothing', values: {} }];
  const ago = (path: string): string => ageOf(facts.nowMs - (time(attachment, path) ?? facts.nowMs));
  const name = nameOf(attachment);
  const phrases: Phrase[] = [
    { key: 'done.created', values: { attachment: name, age: ago('metadata.creationTimestamp') } },
  ];
  const ours = finalizerName(text(attachment, 'spec.attacher'));
  if (strings(attachment, 'metadata.finalizers').includes(ours)) phrases.push({ key: 'done.finalizer', values: {} });
  if (at(attachment, 'status.attached') === true) phrases.push({ key: 'done.attached', values: {} });
  if (isDeleting(attachment)) phrases.push({ key: 'done.deleted', values: { age: ago('metadata.deletionTimestamp') } });
  const leader = facts.leader.get(name);
  if (leader !== undefined && leader.failuresInARow > 0) {
    const seconds = leader.retryInSeconds === undefined ? '-' : String(leader.retryInSeconds);
    phrases.push({ key: 'done.tries', values: { failures: String(leader.failuresInARow), seconds } });
  }
  return phrases;
}
