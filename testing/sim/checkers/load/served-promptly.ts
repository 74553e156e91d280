import type { KubeObject } from '../../../apiserver/object.ts';
import { driverName, specOf, statusOf } from '../../cluster/cluster.ts';
import type { Property, Scene } from '../checker.ts';
import { ByHand, isProtected } from '../facts.ts';
import { numberOf } from '../flags.ts';

/** Requests and waits of one operation, in milliseconds, beside the driver's work. */
const operationMs = 15_000;
/** Requests of one operation, one after the other, with one that is decided anew. */
const requestsEach = 5;
/** How long the first leader needs to begin. */
const beginMs = 10_000;
const lookEveryMs = 250;
/** What a term begins with has been read after so long. */
const barrierMs = 3_000;

interface Wait {
  what: string;
  sinceMs: number;
  /** Something has had it wait that no watch tells the end of: a backoff may run. */
  spoiled: boolean;
}

/**
 * What can be attached, detached or let go is served within seconds, whatever has kept it from that before: a change
 * that matters ends a backoff. Checked where only people act, and drivers are quick.
 */
export const servedPromptly: Property = {
  name: 'served-promptly',
  make(scene) {
    const limitMs = limitOf(scene) ?? Number.POSITIVE_INFINITY;
    if (limitMs === Number.POSITIVE_INFINITY) return {};
    const waits = new Map<string, Wait>();
    const byHand = new ByHand();
    let ledMs = Number.POSITIVE_INFINITY;
    /** The leader's picture of attachments is at least as new as its term. */
    let isFresh = false;
    let lookMs = beginMs;

    function follow(uid: string, what: string | undefined, spoils: boolean, name: string): void {
      const before = waits.get(uid);
      const spoiled = spoils || (before?.spoiled ?? false);
      const sinceMs = before !== undefined && before.what === what ? before.sinceMs : scene.nowMs;
      waits.set(uid, { what: what ?? '', sinceMs, spoiled });
      if (what === undefined || spoiled || scene.nowMs - sinceMs < limitMs) return;
      scene.broken(`${name} ${what} for ${Math.round(scene.nowMs - sinceMs)} ms`);
    }

    function look(): void {
      if (scene.nowMs < lookMs) return;
      lookMs = scene.nowMs + lookEveryMs;
      for (const attachment of scene.cluster.attachments()) {
        const { uid, name } = attachment.metadata;
        follow(uid, need(scene, attachment, byHand), spoils(scene, attachment), name);
      }
      for (const { pv: name } of scene.cluster.volumes) {
        const pv = scene.cluster.get('persistentvolumes', name);
        if (pv === undefined) continue;
        const isNeeded = pv.metadata.deletionTimestamp === undefined || scene.cluster.attachmentsOf(name).length > 0;
        follow(pv.metadata.uid, isNeeded || !isProtected(pv) || !isFresh ? undefined : 'is to go', false, name);
      }
    }

    return {
      logged(_by, line) {
        if (!line.includes('"Became leader"') && !line.includes('"CSI driver is ready"')) return;
        ledMs = scene.nowMs;
        isFresh = false;
      },
      stored(write) {
        byHand.take(write);
        if (write.plural === 'volumeattachments' && scene.nowMs > ledMs + barrierMs) isFresh = true;
        look();
      },
      driver: look,
      served: look,
    };
  },
};

function limitOf({ options }: Scene): number | undefined {
  const { focus, flags, driver, volumes, api } = options;
  if (focus !== 'people' || numberOf(flags, 'kube-api-qps') !== undefined) return undefined;
  if (!driver.capabilities.includes('PUBLISH_UNPUBLISH_VOLUME')) return undefined;
  if (driver.publish.error !== undefined || driver.unpublish.error !== undefined) return undefined;
  const slowestMs = Math.max(...[driver.publish.delayMs ?? 0, driver.unpublish.delayMs ?? 0].flat());
  if (slowestMs > 2_000) return undefined;
  const turns = Math.ceil((2 * volumes) / (numberOf(flags, 'worker-threads') ?? 1));
  const requestsMs = requestsEach * 2 * api.latencyMs[1];
  return operationMs + (turns + 1) * (slowestMs + requestsMs);
}

/** What is to be done for the attachment now, and can be. */
function need(scene: Scene, attachment: KubeObject, byHand: ByHand): string | undefined {
  const { metadata } = attachment;
  const { attached } = statusOf(attachment);
  const { nodeName, source } = specOf(attachment);
  const node = scene.cluster.get('csinodes', nodeName)?.spec as { drivers: { name: string }[] | null } | undefined;
  const isRegistered = node?.drivers?.some(({ name }) => name === driverName) === true;
  if (metadata.deletionTimestamp === undefined) {
    const pv = scene.cluster.get('persistentvolumes', source.persistentVolumeName ?? '');
    const canAttach = isRegistered && pv !== undefined && pv.metadata.deletionTimestamp === undefined;
    return canAttach && !attached ? 'is not attached' : undefined;
  }
  if (isProtected(attachment)) return isRegistered ? 'is not detached' : undefined;
  return attached && !byHand.uid(metadata.uid) ? 'is shown as attached, though it is not,' : undefined;
}

/** A volume that is or was elsewhere, or a secret that was not there, may have an attach wait for its next try. */
function spoils(scene: Scene, attachment: KubeObject): boolean {
  if (attachment.metadata.deletionTimestamp !== undefined || statusOf(attachment).attached) return false;
  const { source, nodeName } = specOf(attachment);
  const volume = scene.cluster.volumeNamed(source.persistentVolumeName);
  const node = scene.cluster.nodes.find(({ name }) => name === nodeName);
  if (volume === undefined || scene.cluster.attachmentsOf(volume.pv).length > 1) return true;
  if (scene.publications.ledger.nodesOf(volume.handle).some((nodeId) => nodeId !== node?.id)) return true;
  return volume.withSecret && scene.cluster.get('secrets', 'publish') === undefined;
}
