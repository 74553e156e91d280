import type { SimProcess } from '../../replica/sim-process.ts';
import type { Property } from '../checker.ts';
import { attachmentsAt, isProtected } from '../facts.ts';
import { nodeIdOf } from '../publications.ts';
import { Terms } from '../terms.ts';

interface Orphan {
  readonly volumeId: string;
  readonly nodeId: string;
  readonly leader: SimProcess;
  /** Which of its terms. */
  readonly term: number;
}

/**
 * Somebody takes an attachment away, with our finalizer on it or after taking it off: a leader that has published it in
 * the same term and goes on leading unpublishes it all the same. Not promised for a leader that dies, loses its lease or
 * the connection to the driver, or that began its term after the publish: then nothing is left that tells.
 */
export const orphansUnpublished: Property = {
  name: 'orphans-unpublished',
  make(scene) {
    const { leadership, publications } = scene;
    const orphans: Orphan[] = [];
    /** By volume and node: the leader and the term that last published it. */
    const publishers = new Map<string, { leader: SimProcess; term: number }>();
    const terms = new Terms();

    const leads = ({ leader, term }: { leader: SimProcess; term: number }): boolean => {
      const holds = !scene.options.leaderElection || leadership.leads(leader);
      return leader.state !== 'dead' && holds && terms.of(leader) === term;
    };

    return {
      logged: (by, line) => terms.take(by, line),
      driverLost() {
        // Whoever led ends its term: what it knew is gone with that.
        publishers.clear();
        orphans.length = 0;
      },
      driver({ method, phase, volumeId, nodeId, by, calledOff }) {
        if (method !== 'ControllerPublishVolume' || phase !== 'start' || calledOff) return;
        publishers.set(`${volumeId} ${nodeId}`, { leader: by, term: terms.of(by) });
      },
      stored({ plural, event, by }) {
        if (plural !== 'volumeattachments' || typeof by !== 'string') return;
        const before = event.previous?.object;
        const isTaken = isProtected(before) && (event.type === 'DELETED' || !isProtected(event.version.object));
        if (before === undefined || !isTaken) return;
        const volume = scene.cluster.volumeNamed(
          (before.spec as { source: { persistentVolumeName?: string } }).source.persistentVolumeName,
        );
        const nodeId = nodeIdOf(before);
        if (volume === undefined || nodeId === undefined) return;
        const publisher = publishers.get(`${volume.handle} ${nodeId}`);
        if (publisher === undefined || !leads(publisher)) return;
        orphans.push({ volumeId: volume.handle, nodeId, ...publisher });
      },
      pending() {
        for (const { volumeId, nodeId, leader, term } of orphans) {
          if (!leads({ leader, term })) continue;
          if (publications.ledger.get(volumeId, nodeId) === undefined) continue;
          if (attachmentsAt(scene, volumeId, nodeId).length > 0) continue;
          return `${volumeId} is on ${nodeId}, though ${leader.name} was there when its attachment was taken away`;
        }
        return undefined;
      },
    };
  },
};
