import type { StoredWrite } from '../cluster/stored-write.ts';
import type { SimProcess } from '../replica/sim-process.ts';

interface LeaseSpec {
  holderIdentity?: string;
  leaseDurationSeconds?: number;
}

/** Who holds the lease, as the API server has it and by true time. */
export class Leadership {
  readonly #world: { readonly nowMs: number };
  #holder: { process: SimProcess; identity: string; term: number } | undefined;
  #renewedMs = 0;
  #durationMs = 0;
  #terms = 0;

  constructor(world: { readonly nowMs: number }) {
    this.#world = world;
  }

  /** Undefined if nobody holds it. Whoever holds it may have died. */
  get holder(): SimProcess | undefined {
    return this.#holder?.process;
  }

  /** Number of the present term: another one whenever the lease changed hands or was acquired anew. */
  get term(): number {
    return this.#holder?.term ?? 0;
  }

  /** The process holds a lease that has not expired. */
  leads(process: SimProcess): boolean {
    return this.#holder?.process === process && !this.hasExpired;
  }

  /** How long the lease is still good unless it is renewed, in milliseconds. */
  get leftMs(): number {
    return this.#renewedMs + this.#durationMs - this.#world.nowMs;
  }

  get hasExpired(): boolean {
    return this.leftMs < 0;
  }

  /** Takes in a write to the lease. Returns what is wrong with it: somebody has taken a lease that was held. */
  take({ plural, event, by }: StoredWrite): string | undefined {
    if (plural !== 'leases' || typeof by === 'string') return undefined;
    const { holderIdentity = '', leaseDurationSeconds = 0 } = (event.version.object.spec ?? {}) as LeaseSpec;
    const before = this.#holder;
    const wasHeld = before !== undefined && before.identity !== holderIdentity && !this.hasExpired;
    const leftMs = Math.round(this.leftMs);
    this.#renewedMs = this.#world.nowMs;
    this.#durationMs = leaseDurationSeconds * 1000;
    if (holderIdentity === '') this.#holder = undefined;
    else if (before?.identity !== holderIdentity) {
      this.#holder = { process: by, identity: holderIdentity, term: ++this.#terms };
    }
    if (!wasHeld) return undefined;
    if (holderIdentity === '' && by === before.process) return undefined;
    return `${by.name} takes the lease of ${before.process.name}, which has ${leftMs} ms left`;
  }
}
