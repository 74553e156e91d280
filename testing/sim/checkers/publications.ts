import type { KubeObject } from '../../apiserver/object.ts';
import type { JournalEntry } from '../../csi-driver/journal.ts';
import type { Ledger } from '../../csi-driver/ledger.ts';

/** What attachers and others have done to one volume on one node, as the driver saw it. */
export interface Publication {
  readonly volumeId: string;
  readonly nodeId: string;
  /** Our doing, by the last publish or unpublish that took effect: what others did behind our back does not count. */
  published: boolean;
  publishedMs: number | undefined;
  unpublishedMs: number | undefined;
  /** Publish calls that the driver has taken up and not ended. */
  readonly publishing: Set<number>;
}

/** The driver's journal, summed up. */
export class Publications {
  readonly ledger: Ledger;
  readonly #all = new Map<string, Publication>();

  constructor(ledger: Ledger) {
    this.ledger = ledger;
  }

  of(volumeId: string, nodeId: string): Publication {
    const key = `${volumeId} ${nodeId}`;
    let found = this.#all.get(key);
    if (found === undefined) {
      found = {
        ...{ volumeId, nodeId, published: false, publishedMs: undefined, unpublishedMs: undefined },
        publishing: new Set(),
      };
      this.#all.set(key, found);
    }
    return found;
  }

  /** All that was ever published or unpublished. */
  all(): Iterable<Publication> {
    return this.#all.values();
  }

  take(entry: JournalEntry): void {
    const { method, phase, volumeId, nodeId, timeMs, call } = entry;
    if (method === 'ControllerPublishVolume') {
      const publication = this.of(volumeId, nodeId);
      if (phase === 'start') publication.publishing.add(call);
      if (phase === 'end') publication.publishing.delete(call);
      if (phase !== 'work') return;
      publication.published = true;
      publication.publishedMs = timeMs;
    } else if (method === 'ControllerUnpublishVolume' && phase === 'work') {
      const publication = this.of(volumeId, nodeId);
      publication.published = false;
      publication.unpublishedMs = timeMs;
    }
  }
}

/** The id of the node to which an attachment says that its volume is published. */
export function nodeIdOf(object: KubeObject): string | undefined {
  return object.metadata.annotations?.['csi.alpha.kubernetes.io/node-id'];
}
