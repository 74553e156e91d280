import type { DriverCore } from './core.ts';
import type { Counts } from './journal.ts';

export interface Summary extends Counts {
  driver: string;
  /** How many publications there are. */
  published: number;
  /** How many volumes the driver has heard of. */
  volumes: number;
}

export interface LedgerReport extends Summary {
  ledger: { volumeId: string; nodeId: string; readonly: boolean; access: string; mode: number }[];
}

export function summary(core: DriverCore): Summary {
  const { settings, volumes } = core.service;
  return { driver: settings.name, published: core.ledger.size, volumes: volumes.size, ...core.journal.counts };
}

/** What is published where, and the summary. Without publish contexts, which are nobody's business. */
export function ledgerReport(core: DriverCore): LedgerReport {
  const ledger = [...core.ledger.entries()].map(({ volumeId, nodeId, readonly, access, mode }) => ({
    volumeId,
    nodeId,
    readonly,
    access,
    mode,
  }));
  return { ...summary(core), ledger };
}
