import { isDeleting, list, nameOf, type Obj, text } from '../api/objects.ts';
import { type ApiReader, kinds, type Read } from '../api/reader.ts';
import type { VolumeFacts } from './facts.ts';
import { claimsOf, type Gatherer, hasEnded, type VolumeSubject } from './gather.ts';

export type TargetKind = 'pod' | 'claim' | 'volume' | 'node' | 'attachment';

export interface Target {
  /** Undefined: whatever has that name. */
  readonly kind: TargetKind | undefined;
  readonly name: string;
}

const words: Readonly<Record<TargetKind, readonly string[]>> = {
  pod: ['pod', 'pods', 'po'],
  claim: ['pvc', 'persistentvolumeclaim', 'persistentvolumeclaims', 'claim'],
  volume: ['pv', 'persistentvolume', 'persistentvolumes'],
  node: ['node', 'nodes', 'no'],
  attachment: ['va', 'volumeattachment', 'volumeattachments', 'volumeattachments.storage.k8s.io'],
};

/** `KIND/NAME`, `KIND NAME` or `NAME`. A string says what is wrong with the words. */
export function parseTarget(given: readonly string[]): Target | string {
  const [first = '', second, ...rest] = given.flatMap((word) => word.split('/'));
  if (first === '')
    return 'explain what? Give pod/NAME, pvc/NAME, pv/NAME, node/NAME, volumeattachment/NAME, or a NAME';
  if (rest.length > 0) return `one thing at a time: ${given.join(' ')}`;
  if (second === undefined) return { kind: undefined, name: first };
  const kind = (Object.keys(words) as TargetKind[]).find((each) => words[each].includes(first.toLowerCase()));
  if (kind === undefined)
    return `"${first}" is no kind that can be explained: pod, pvc, pv, node, volumeattachment (or po, no, va)`;
  return { kind, name: second };
}

/** What there is to be told about a target. */
export interface Subjects {
  readonly found: boolean;
  /** The target could not be read; it may be there. */
  readonly unread: boolean;
  readonly facts: readonly VolumeFacts[];
  /** Set for a node: only what concerns it is told. */
  readonly node: string | undefined;
  /** The pod that has no claims, as namespace/name. */
  readonly podWithoutVolumes: string | undefined;
}

const none: Subjects = { found: false, unread: false, facts: [], node: undefined, podWithoutVolumes: undefined };
const order: readonly TargetKind[] = ['pod', 'claim', 'volume', 'attachment', 'node'];

/** Finds the volumes that a target has to do with, and reads what there is to be known of them. */
export async function subjectsOf(options: {
  target: Target;
  namespace: string;
  reader: ApiReader;
  gatherer: Gatherer;
}): Promise<Subjects> {
  const { target, reader, namespace } = options;
  let unread = false;
  for (const kind of target.kind === undefined ? order : [target.kind]) {
    const read = await reader.get(kinds[kind], target.name, kind === 'pod' || kind === 'claim' ? namespace : undefined);
    unread ||= read.is === 'unread';
    // An attachment may outlive its node, and a node that may not be read is known by what is on it.
    if (read.is !== 'found' && !(kind === 'node' && target.kind === 'node')) continue;
    return { ...none, found: true, ...(await subjectsOfKind(kind, read, options)) };
  }
  return { ...none, unread };
}

async function subjectsOfKind(
  kind: TargetKind,
  read: Read,
  { target, namespace, reader, gatherer }: Parameters<typeof subjectsOf>[0],
): Promise<Partial<Subjects>> {
  const { name } = target;
  const gather = (subjects: readonly VolumeSubject[]) => Promise.all(subjects.map((each) => gatherer.gather(each)));
  if (kind === 'claim') return { facts: await gather([{ claim: { namespace, name } }]) };
  if (kind === 'volume') return { facts: await gather([{ volume: name }]) };
  if (kind === 'node') return nodeSubjects(name, reader, gatherer);
  if (read.is !== 'found') return {};
  if (kind === 'attachment') return { facts: await gather([ofAttachment(read.object)]) };
  const claims = claimsOf(read.object);
  if (claims.length === 0) return { podWithoutVolumes: `${namespace}/${name}` };
  return { facts: await gather(claims.map((claim) => ({ claim: { namespace, name: claim } }))) };
}

/** The volumes of the node's attachments, and those that its pods wait for. */
async function nodeSubjects(node: string, reader: ApiReader, gatherer: Gatherer): Promise<Partial<Subjects>> {
  const attachments = ((await gatherer.attachments()) ?? []).filter((each) => text(each, 'spec.nodeName') === node);
  const attached = await Promise.all(attachments.map((each) => gatherer.gather(ofAttachment(each))));
  const known = new Set(attached.map(({ claimName }) => `${claimName?.namespace}/${claimName?.name}`));
  const pods = (await reader.list(kinds.pod)) ?? [];
  const missing = pods.filter((pod) => text(pod, 'spec.nodeName') === node && !hasEnded(pod) && !isDeleting(pod));
  const claims = missing.flatMap((pod) =>
    claimsOf(pod).map((name) => ({ namespace: text(pod, 'metadata.namespace'), name })),
  );
  const unattached = claims.filter(({ namespace, name }) => {
    const key = `${namespace}/${name}`;
    return !known.has(key) && known.add(key);
  });
  const waiting = await Promise.all(unattached.map((claim) => gatherer.gather({ claim })));
  return { node, facts: [...attached, ...waiting] };
}

function ofAttachment(attachment: Obj): VolumeSubject {
  const volume = text(attachment, 'spec.source.persistentVolumeName');
  return volume === '' ? { attachment: nameOf(attachment) } : { volume };
}

/** The leader's views by attachment, from what `/debug/attachments` answered; empty if that is something else. */
export function leaderViews(
  page: unknown,
): Map<
  string,
  { running: boolean; failuresInARow: number; retryInSeconds: number | undefined; failure: string | undefined }
> {
  const views = new Map();
  for (const view of list({ page }, 'page')) {
    const failed = list(view, 'conditions').find(({ type, status }) => type === 'Failed' && status === true);
    views.set(text(view, 'name'), {
      running: view.running === true,
      failuresInARow: typeof view.failuresInARow === 'number' ? view.failuresInARow : 0,
      retryInSeconds: typeof view.retryInSeconds === 'number' ? view.retryInSeconds : undefined,
      failure: failed === undefined ? undefined : text(failed, 'message') || undefined,
    });
  }
  return views;
}
