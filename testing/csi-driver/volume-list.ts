import { Code } from '../../src/csi/errors.ts';
import { Refusal } from './refusal.ts';

export interface ListedVolume {
  volumeId: string;
  nodeIds: string[];
}

export interface VolumePage {
  volumes: ListedVolume[];
  nextToken: string;
}

/**
 * What ListVolumes shows: a picture of the volumes at some moment, in pages. A token names the last volume of the page
 * before, so that it outlives changes.
 */
export class VolumeList {
  #picture: ListedVolume[] = [];
  #takenMs = Number.NEGATIVE_INFINITY;

  /** Takes a new picture, unless there is one that is younger than `staleMs`. */
  refresh(nowMs: number, staleMs: number, volumes: () => ListedVolume[]): void {
    if (staleMs > 0 && nowMs - this.#takenMs < staleMs) return;
    this.#takenMs = nowMs;
    this.#picture = volumes().sort((a, b) => (a.volumeId < b.volumeId ? -1 : 1));
  }

  page(token: string, maxEntries: number): VolumePage {
    if (token !== '' && !token.startsWith('after:'))
      throw new Refusal(Code.Aborted, `starting token ${token} is unknown`);
    const start = token === '' ? 0 : this.#firstAfter(token.slice('after:'.length));
    const end = maxEntries === 0 ? this.#picture.length : Math.min(start + maxEntries, this.#picture.length);
    const volumes = this.#picture.slice(start, end);
    const last = volumes.at(-1);
    return { volumes, nextToken: last !== undefined && end < this.#picture.length ? `after:${last.volumeId}` : '' };
  }

  #firstAfter(volumeId: string): number {
    let low = 0;
    let high = this.#picture.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const at = this.#picture[middle];
      if (at !== undefined && at.volumeId <= volumeId) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
