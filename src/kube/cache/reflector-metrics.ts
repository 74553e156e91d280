import type { Metrics } from '../../base/metrics.ts';

/** Why a watch was started again. */
export type RestartReason = 'ended' | 'expired' | 'broken' | 'silent' | 'refused';

export interface ReflectorMetrics {
  listed(outcome: 'done' | 'failed' | 'expired'): void;
  restarted(reason: RestartReason): void;
}

export function createReflectorMetrics(
  metrics: Metrics,
  resource: string,
  state: () => { inSync: boolean; objects: number },
): ReflectorMetrics {
  const lists = metrics.counter<'resource' | 'outcome'>({
    name: 'csi_attacher_lists_total',
    help: 'Lists of a whole collection, by how they ended.',
    labels: ['resource', 'outcome'],
  });
  const restarts = metrics.counter<'resource' | 'reason'>({
    name: 'csi_attacher_watch_restarts_total',
    help: 'Watches that ended and were started again. A server that ends them cleanly is normal.',
    labels: ['resource', 'reason'],
  });
  const inSync = metrics.gauge<'resource'>({
    name: 'csi_attacher_cache_in_sync',
    help: '1 while the cache follows the API server, 0 before the first list and while the server cannot be reached.',
    labels: ['resource'],
  });
  const objects = metrics.gauge<'resource'>({
    name: 'csi_attacher_cache_objects',
    help: 'Objects in the cache.',
    labels: ['resource'],
  });
  metrics.onScrape(() => {
    const now = state();
    inSync.set(now.inSync ? 1 : 0, { resource });
    objects.set(now.objects, { resource });
  });
  return {
    listed: (outcome) => lists.inc({ resource, outcome }),
    restarted: (reason) => restarts.inc({ resource, reason }),
  };
}
