import type { Lease } from '../api/objects.ts';
import type { KubeClient } from '../client/client.ts';
import { leases } from '../codec/resources.ts';

/** The lease that replicas of one attacher, ours or client-go's, agree on. */
export interface LeaseName {
  readonly namespace: string;
  readonly name: string;
}

export interface LeaseLockOptions {
  client: KubeClient;
  lease: LeaseName & { readonly labels?: Readonly<Record<string, string>> | undefined };
}

/** What a holder writes. Times are wall-clock milliseconds. */
export interface LeaseClaim {
  holderIdentity: string;
  leaseDurationSeconds: number;
  renewTimeMs: number;
  /** Undefined: the holder stays the same, so acquireTime and transitions stay too. */
  acquired?: { timeMs: number; leaseTransitions: number } | undefined;
}

/** Reads and writes one Lease as client-go does: POST, then PUT, since the usual role grants no PATCH. */
export class LeaseLock {
  readonly #client: KubeClient;
  readonly #lease: LeaseLockOptions['lease'];

  constructor(options: LeaseLockOptions) {
    this.#client = options.client;
    this.#lease = options.lease;
  }

  /** Undefined if there is no lease yet. */
  read(signal: AbortSignal): Promise<Lease | undefined> {
    const { namespace, name } = this.#lease;
    return this.#client.find(leases, name, { namespace, signal });
  }

  /** Creates the lease, or replaces `last`; fails with a conflict if somebody else was faster. */
  write(claim: LeaseClaim, last: Lease | undefined, signal: AbortSignal): Promise<Lease> {
    const { namespace, name } = this.#lease;
    const body = this.#body(claim, last);
    if (last === undefined) return this.#client.create(leases, body, { namespace, signal });
    return this.#client.update(leases, name, body, { namespace, signal });
  }

  /** Tells every change after `resourceVersion`, until the server ends the watch, `signal` aborts, or it fails. */
  watch(resourceVersion: string, told: (lease: Lease | undefined) => void, signal: AbortSignal): Promise<void> {
    const { namespace, name } = this.#lease;
    const fieldSelector = `metadata.name=${name}`;
    return this.#client.watch(
      leases,
      { namespace, fieldSelector, resourceVersion, timeoutSeconds: 300, signal },
      { changed: (lease) => told(lease), deleted: () => told(undefined), bookmark: () => {} },
    );
  }

  #body(claim: LeaseClaim, last: Lease | undefined): object {
    const { namespace, name, labels: ownLabels = {} } = this.#lease;
    const { managedFields: _, ...metadata } = last?.sent.metadata ?? { name, namespace };
    const labels = { ...last?.labels, ...ownLabels };
    const { acquired } = claim;
    return {
      metadata: Object.keys(labels).length === 0 ? metadata : { ...metadata, labels },
      spec: {
        ...last?.sent.spec,
        holderIdentity: claim.holderIdentity,
        leaseDurationSeconds: claim.leaseDurationSeconds,
        renewTime: microTime(claim.renewTimeMs),
        ...(acquired && { acquireTime: microTime(acquired.timeMs), leaseTransitions: acquired.leaseTransitions }),
      },
    };
  }
}

/** RFC 3339 with six digits behind the point, as metav1.MicroTime wants it. */
function microTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace('Z', '000Z');
}

/** Two readings with the same of this mean that nobody has renewed in between. */
export function leaseFingerprint({ sent: { spec } }: Lease): string {
  const { holderIdentity, leaseDurationSeconds, acquireTime, renewTime, leaseTransitions } = spec;
  return JSON.stringify([holderIdentity, leaseDurationSeconds, acquireTime, renewTime, leaseTransitions]);
}
