import type { KubeObject } from '../bench/rig/api.ts';

type Phase = 'attaching' | 'attached' | 'detaching';

/** How many attachments are in each phase, on one node or on all. */
export type PhaseCounts = Record<Phase, number>;

interface Entry {
  node: string;
  phase: Phase;
  everAttached: boolean;
  error: string | undefined;
}

/** How far back a rate looks, in milliseconds. */
const rateWindowMs = 3_000;

/**
 * What the API shows of the workload: the phase of each attachment, and how many got through. Times are monotonic
 * milliseconds and come in with each change.
 */
export class Attachments {
  /** Names of what was attached at least once, and of what was taken off and is gone. */
  readonly attached = new Set<string>();
  readonly detached = new Set<string>();
  /** Errors that the attacher wrote into a status, each text of each attachment once. */
  errors = 0;
  readonly #entries = new Map<string, Entry>();
  readonly #nodes: readonly string[];
  readonly #attachTimes: number[] = [];
  readonly #detachTimes: number[] = [];

  constructor(nodes: readonly string[]) {
    this.#nodes = nodes;
  }

  apply(object: KubeObject, deleted: boolean, nowMs: number): void {
    const { name } = object.metadata;
    const { nodeName, attached, error } = shown(object);
    const before = this.#entries.get(name);
    const everAttached = attached || before?.everAttached === true;
    if (attached && before?.everAttached !== true) this.#arrived(name, nowMs);
    if (error !== undefined && error !== before?.error) this.errors++;
    if (deleted) {
      this.#entries.delete(name);
      if (everAttached) this.#left(name, nowMs);
      return;
    }
    const phase = object.metadata.deletionTimestamp !== undefined ? 'detaching' : attached ? 'attached' : 'attaching';
    this.#entries.set(name, { node: nodeName, phase, everAttached, error });
  }

  #arrived(name: string, nowMs: number): void {
    this.attached.add(name);
    this.#attachTimes.push(nowMs);
  }

  #left(name: string, nowMs: number): void {
    this.detached.add(name);
    this.#detachTimes.push(nowMs);
  }

  counts(): PhaseCounts {
    return count(this.#entries.values());
  }

  countsByNode(): Map<string, PhaseCounts> {
    const entries = [...this.#entries.values()];
    return new Map(this.#nodes.map((node) => [node, count(entries.filter((entry) => entry.node === node))]));
  }

  /** Finished operations a second, over the last few seconds. */
  rates(nowMs: number): { attach: number; detach: number } {
    const rate = (times: readonly number[]): number =>
      (times.filter((time) => time > nowMs - rateWindowMs).length * 1_000) / rateWindowMs;
    return { attach: rate(this.#attachTimes), detach: rate(this.#detachTimes) };
  }
}

function count(entries: Iterable<Entry>): PhaseCounts {
  const counts: PhaseCounts = { attaching: 0, attached: 0, detaching: 0 };
  for (const { phase } of entries) counts[phase]++;
  return counts;
}

function shown(object: KubeObject): { nodeName: string; attached: boolean; error: string | undefined } {
  const spec = object.spec as { nodeName: string };
  const status = (object.status ?? {}) as {
    attached?: boolean;
    attachError?: { message?: string };
    detachError?: { message?: string };
  };
  const error = status.detachError?.message ?? status.attachError?.message;
  return { nodeName: spec.nodeName, attached: status.attached === true, error };
}
