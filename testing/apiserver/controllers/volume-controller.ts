/**
 * What kube-controller-manager does to volumes and claims that somebody else has bound: it shows their phase, and takes
 * its protection off what is deleted and not in use. It binds nothing, and deletes nothing.
 */
import type { Clock } from '../../../src/base/clock.ts';
import type { ApiServer } from '../core.ts';
import { CoreClient } from '../core-client.ts';
import { child, isObject, type JsonObject, type KubeObject, text, timestamp } from '../object.ts';
import { type Collection, keyOf } from '../storage/store.ts';

const volumeProtection = 'kubernetes.io/pv-protection';
const claimProtection = 'kubernetes.io/pvc-protection';

interface Options {
  readonly server: ApiServer;
  readonly clock: Clock;
  /** Of a user who may write volumes and claims. */
  readonly token: string;
}

export class VolumeController {
  readonly #clock: Clock;
  readonly #client: CoreClient;
  readonly #volumes: Collection;
  readonly #claims: Collection;
  readonly #pods: Collection;
  /** Keys of what is to be looked at: no write is made while the server tells of another one. */
  readonly #dirtyVolumes = new Set<string>();
  readonly #dirtyClaims = new Set<string>();
  #isScheduled = false;

  constructor({ server, clock, token }: Options) {
    this.#clock = clock;
    this.#client = new CoreClient(server, token);
    this.#volumes = server.store.collection('/v1/PersistentVolume');
    this.#claims = server.store.collection('/v1/PersistentVolumeClaim');
    this.#pods = server.store.collection('/v1/Pod');
  }

  /** Looks at what is there, and from then on at each change. */
  start(): void {
    this.#volumes.subscribe(({ version }) => this.#volumeChanged(version.object));
    this.#claims.subscribe(({ version }) => this.#claimChanged(version.object));
    this.#pods.subscribe(({ version }) => {
      for (const name of claimsOf(version.object)) this.#wake([], [keyOf(version.object.metadata.namespace, name)]);
    });
    for (const { object } of this.#volumes.values()) this.#volumeChanged(object);
    for (const { object } of this.#claims.values()) this.#claimChanged(object);
  }

  #volumeChanged(volume: KubeObject): void {
    const claim = claimKeyOf(volume);
    this.#wake([volume.metadata.name], claim === undefined ? [] : [claim]);
  }

  #claimChanged(claim: KubeObject): void {
    const volume = text(child(claim, 'spec'), 'volumeName');
    this.#wake(volume === '' ? [] : [volume], [keyOf(claim.metadata.namespace, claim.metadata.name)]);
  }

  #wake(volumes: readonly string[], claims: readonly string[]): void {
    for (const key of volumes) this.#dirtyVolumes.add(key);
    for (const key of claims) this.#dirtyClaims.add(key);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#clock.schedule(0, () => this.#run());
  }

  #run(): void {
    this.#isScheduled = false;
    const [volumes, claims] = [[...this.#dirtyVolumes], [...this.#dirtyClaims]];
    this.#dirtyVolumes.clear();
    this.#dirtyClaims.clear();
    for (const key of claims) this.#syncClaim(key);
    for (const key of volumes) this.#syncVolume(key);
  }

  #syncVolume(key: string): void {
    const volume = this.#volumes.get(key)?.object;
    if (volume === undefined) return;
    const path = `/api/v1/persistentvolumes/${volume.metadata.name}`;
    const phase = this.#phaseOf(volume);
    if (text(child(volume, 'status'), 'phase') !== phase) {
      const lastPhaseTransitionTime = timestamp(this.#clock.now());
      this.#client.patch(`${path}/status`, { status: { phase, lastPhaseTransitionTime } });
    }
    if (phase !== 'Bound') this.#release(path, volume, volumeProtection);
  }

  #syncClaim(key: string): void {
    const claim = this.#claims.get(key)?.object;
    if (claim === undefined) return;
    const path = `/api/v1/namespaces/${claim.metadata.namespace}/persistentvolumeclaims/${claim.metadata.name}`;
    const volume = this.#volumes.get(text(child(claim, 'spec'), 'volumeName'))?.object;
    if (volume !== undefined && areBound(volume, claim) && text(child(claim, 'status'), 'phase') !== 'Bound') {
      const { accessModes, capacity } = child(volume, 'spec');
      this.#client.patch(`${path}/status`, { status: { phase: 'Bound', accessModes, capacity } });
    }
    if (!this.#isUsed(claim)) this.#release(path, claim, claimProtection);
  }

  #phaseOf(volume: KubeObject): 'Available' | 'Bound' | 'Released' {
    const key = claimKeyOf(volume);
    if (key === undefined) return 'Available';
    const claim = this.#claims.get(key)?.object;
    if (claim !== undefined && areBound(volume, claim)) return 'Bound';
    // Without a uid the volume is kept for a claim that is still to come.
    return text(child(child(volume, 'spec'), 'claimRef'), 'uid') === '' ? 'Available' : 'Released';
  }

  /** Whether a pod that has not ended has the claim. */
  #isUsed({ metadata: { namespace, name } }: KubeObject): boolean {
    for (const { object: pod } of this.#pods.values()) {
      if (pod.metadata.namespace !== namespace || !claimsOf(pod).includes(name)) continue;
      if (!['Succeeded', 'Failed'].includes(text(child(pod, 'status'), 'phase'))) return true;
    }
    return false;
  }

  #release(path: string, { metadata }: KubeObject, protection: string): void {
    const { finalizers = [], deletionTimestamp } = metadata;
    if (deletionTimestamp === undefined || !finalizers.includes(protection)) return;
    const left = finalizers.filter((each) => each !== protection);
    this.#client.patch(path, { metadata: { finalizers: left.length === 0 ? null : left } });
  }
}

/** `namespace/name` of the claim that the volume is kept for. */
function claimKeyOf(volume: KubeObject): string | undefined {
  const claim = child(child(volume, 'spec'), 'claimRef');
  return text(claim, 'name') === '' ? undefined : keyOf(text(claim, 'namespace'), text(claim, 'name'));
}

/** Each names the other. */
function areBound(volume: KubeObject, claim: KubeObject): boolean {
  const reference: JsonObject = child(child(volume, 'spec'), 'claimRef');
  const { namespace, name, uid } = claim.metadata;
  if (text(child(claim, 'spec'), 'volumeName') !== volume.metadata.name) return false;
  if (text(reference, 'namespace') !== namespace || text(reference, 'name') !== name) return false;
  return text(reference, 'uid') === '' || text(reference, 'uid') === uid;
}

function claimsOf(pod: KubeObject): string[] {
  const { volumes } = child(pod, 'spec');
  const sources = Array.isArray(volumes) ? volumes.filter(isObject) : [];
  return sources
    .map((volume) => text(child(volume, 'persistentVolumeClaim'), 'claimName'))
    .filter((name) => name !== '');
}
