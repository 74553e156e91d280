import { leaseName } from '../../attacher/state/names.ts';
import { annotation, isDeleting, list, nameOf, type Obj, text } from '../api/objects.ts';
import { type ApiReader, kinds, type Read } from '../api/reader.ts';
import type { LeaderView, VolumeFacts } from './facts.ts';

export interface VolumeSubject {
  readonly claim?: { readonly namespace: string; readonly name: string } | undefined;
  readonly volume?: string | undefined;
  /** For an inline volume, which has neither. */
  readonly attachment?: string | undefined;
}

const absent: Read = { is: 'absent' };

/** Reads the facts about volumes. What belongs to the cluster and not to one volume is read once. */
export class Gatherer {
  readonly #reader: ApiReader;
  readonly #nowMs: number;
  readonly #leader: ReadonlyMap<string, LeaderView>;
  readonly #reads = new Map<string, Promise<unknown>>();

  constructor(options: { reader: ApiReader; nowMs: number; leader: ReadonlyMap<string, LeaderView> }) {
    this.#reader = options.reader;
    this.#nowMs = options.nowMs;
    this.#leader = options.leader;
  }

  /** Undefined if they may not be read. */
  attachments(): Promise<readonly Obj[] | undefined> {
    return this.#once('attachments', () => this.#reader.list(kinds.attachment));
  }

  async gather(subject: VolumeSubject): Promise<VolumeFacts> {
    const everything = await this.attachments();
    const { claimName, claim, volumeName, volume } = await this.#volumeAndClaim(subject);
    const attachments = everything?.filter((each) => isOf(each, volumeName, subject.attachment));
    const pods = claimName === undefined ? [] : await this.#podsOf(claimName);
    const driver = driverOf(volume) || (attachments?.map((each) => text(each, 'spec.attacher'))[0] ?? '');
    const drivers = new Set([driver, ...(attachments ?? []).map((each) => text(each, 'spec.attacher'))]);
    drivers.delete('');
    const nodeNames = new Set([...(attachments ?? []), ...(pods ?? [])].map((each) => text(each, 'spec.nodeName')));
    nodeNames.delete('');
    const leases = await this.#leases(drivers);
    return {
      ...{ nowMs: this.#nowMs, claimName, claim, volumeName, volume, driver, attachments, pods, leases },
      allAttachments: everything ?? [],
      nodes: await this.#each(nodeNames, (name) => this.#get('node', name)),
      csiNodes: await this.#each(nodeNames, (name) => this.#get('csiNode', name)),
      csiDrivers: await this.#each(drivers, (name) => this.#get('csiDriver', name)),
      attacherPods: await this.#attacherPods(leases),
      events: await this.#events(claimName),
      leader: this.#leader,
    };
  }

  async #volumeAndClaim(
    subject: VolumeSubject,
  ): Promise<Pick<VolumeFacts, 'claimName' | 'claim' | 'volumeName' | 'volume'>> {
    if (subject.claim !== undefined) {
      const claim = await this.#get('claim', subject.claim.name, subject.claim.namespace);
      const volumeName = claim.is === 'found' ? text(claim.object, 'spec.volumeName') : '';
      const volume = volumeName === '' ? absent : await this.#get('volume', volumeName);
      return { claimName: subject.claim, claim, volumeName, volume };
    }
    const volumeName = subject.volume ?? '';
    const volume = await this.#get('volume', volumeName);
    const name = volume.is === 'found' ? text(volume.object, 'spec.claimRef.name') : '';
    if (volume.is !== 'found' || name === '') return { claimName: undefined, claim: absent, volumeName, volume };
    const namespace = text(volume.object, 'spec.claimRef.namespace');
    return { claimName: { namespace, name }, claim: await this.#get('claim', name, namespace), volumeName, volume };
  }

  async #podsOf({ namespace, name }: { namespace: string; name: string }): Promise<readonly Obj[] | undefined> {
    const pods = await this.#once(`pods ${namespace}`, () => this.#reader.list(kinds.pod, { namespace }));
    return pods?.filter((pod) => claimsOf(pod).includes(name) && !hasEnded(pod));
  }

  async #leases(drivers: ReadonlySet<string>): Promise<ReadonlyMap<string, Obj> | undefined> {
    const found = new Map<string, Obj>();
    for (const driver of drivers) {
      const name = leaseName(driver);
      const leases = await this.#once(`lease ${name}`, () =>
        this.#reader.list(kinds.lease, { selector: `metadata.name=${name}` }),
      );
      if (leases === undefined) return undefined;
      const [latest] = [...leases].sort((one, other) => renewed(other).localeCompare(renewed(one)));
      if (latest !== undefined) found.set(driver, latest);
    }
    return found;
  }

  async #attacherPods(leases: ReadonlyMap<string, Obj> | undefined): Promise<ReadonlyMap<string, readonly Obj[]>> {
    const found = new Map<string, readonly Obj[]>();
    for (const [driver, lease] of leases ?? []) {
      const namespace = text(lease, 'metadata.namespace');
      const pods = await this.#once(`pods ${namespace}`, () => this.#reader.list(kinds.pod, { namespace }));
      found.set(driver, attachersOf(pods ?? [], driver, text(lease, 'spec.holderIdentity')));
    }
    return found;
  }

  /** Those of the claim's namespace, where its pods' are too; and those of objects without one, which are in `default`. */
  async #events(claim: { namespace: string } | undefined): Promise<readonly Obj[]> {
    const namespaces = new Set([claim?.namespace ?? 'default', 'default']);
    const events = await Promise.all(
      [...namespaces].map((namespace) =>
        this.#once(`events ${namespace}`, () => this.#reader.list(kinds.event, { namespace })),
      ),
    );
    return events.flatMap((each) => each ?? []);
  }

  #get(kind: keyof typeof kinds, name: string, namespace?: string): Promise<Read> {
    return this.#once(`${kind} ${namespace ?? ''}/${name}`, () => this.#reader.get(kinds[kind], name, namespace));
  }

  async #each(names: ReadonlySet<string>, read: (name: string) => Promise<Read>): Promise<ReadonlyMap<string, Read>> {
    const entries = [...names].map(async (name) => [name, await read(name)] as const);
    return new Map(await Promise.all(entries));
  }

  #once<T>(key: string, read: () => Promise<T>): Promise<T> {
    const known = this.#reads.get(key) as Promise<T> | undefined;
    if (known !== undefined) return known;
    const reading = read();
    this.#reads.set(key, reading);
    return reading;
  }
}

/** Names of the claims that a pod uses, those of its generic ephemeral volumes too. */
export function claimsOf(pod: Obj): string[] {
  return list(pod, 'spec.volumes').flatMap((volume) => {
    if ('ephemeral' in volume) return [`${nameOf(pod)}-${text(volume, 'name')}`];
    const claim = text(volume, 'persistentVolumeClaim.claimName');
    return claim === '' ? [] : [claim];
  });
}

export function hasEnded(pod: Obj): boolean {
  return ['Succeeded', 'Failed'].includes(text(pod, 'status.phase'));
}

/** The driver of a PersistentVolume; an in-tree one belongs to the driver that it was migrated to. */
export function driverOf(volume: Read): string {
  if (volume.is !== 'found') return '';
  return text(volume.object, 'spec.csi.driver') || annotation(volume.object, 'pv.kubernetes.io/migrated-to');
}

function isOf(attachment: Obj, volume: string, name: string | undefined): boolean {
  if (nameOf(attachment) === name) return true;
  return volume !== '' && text(attachment, 'spec.source.persistentVolumeName') === volume;
}

function renewed(lease: Obj): string {
  return text(lease, 'spec.renewTime');
}

/** Pods with an attacher in them: the holder of the lease, else those that name the driver, else all of them. */
function attachersOf(pods: readonly Obj[], driver: string, holder: string): readonly Obj[] {
  const attachers = pods.filter((pod) => !isDeleting(pod) && list(pod, 'spec.containers').some(isAttacher));
  const naming = attachers.filter((pod) => JSON.stringify(pod.spec).includes(driver));
  const holders = attachers.filter((pod) => holder !== '' && holder.startsWith(nameOf(pod)));
  return [holders, naming, attachers].find((each) => each.length > 0) ?? [];
}

function isAttacher(container: Obj): boolean {
  return /(csi|external)-attacher/.test(`${text(container, 'image')} ${text(container, 'name')}`);
}
