import PromCounter from 'prom-client/lib/counter.js';
import PromGauge from 'prom-client/lib/gauge.js';
import PromHistogram from 'prom-client/lib/histogram.js';
import Registry from 'prom-client/lib/registry.js';
import type { Counter, Gauge, Histogram, Metrics } from '../base/metrics.ts';

/** Metrics that can be scraped. */
export interface MetricsRegistry extends Metrics {
  /** Everything in Prometheus' text format. A collector that throws is left out of this scrape and counted. */
  render(): Promise<string>;
  readonly contentType: string;
}

type Kind = 'counter' | 'gauge' | 'histogram';

/** What a metric was registered with, to tell the same one from another of its name. */
interface Registered {
  readonly signature: string;
  readonly metric: unknown;
}

/**
 * Metrics collected by prom-client in a registry of their own. Asking again for a metric of the same name, kind and
 * labels gives the same one: two connections to the API server count into one counter. Anything else is a mistake.
 */
export function createMetrics(): MetricsRegistry {
  const registry = new Registry();
  const registers = [registry];
  const known = new Map<string, Registered>();
  const collectors: (() => void)[] = [];

  function once<T>(kind: Kind, options: { name: string; labels?: readonly string[] }, create: () => T): T {
    const signature = `${kind} with labels [${(options.labels ?? []).join(', ')}]`;
    const existing = known.get(options.name);
    if (existing === undefined) {
      const metric = create();
      known.set(options.name, { signature, metric });
      return metric;
    }
    if (existing.signature === signature) return existing.metric as T;
    throw new Error(`metric ${options.name} is a ${existing.signature}; it cannot be a ${signature} too`);
  }

  const metrics: MetricsRegistry = {
    counter: <L extends string>(options: Parameters<Metrics['counter']>[0] & { labels?: readonly L[] }) =>
      once('counter', options, (): Counter<L> => {
        const { name, help, labels = [] } = options;
        const counter = new PromCounter({ name, help, labelNames: labels, registers });
        return { inc: (of, by) => (of === undefined ? counter.inc(by ?? 1) : counter.inc(of as never, by ?? 1)) };
      }),
    gauge: <L extends string>(options: Parameters<Metrics['gauge']>[0] & { labels?: readonly L[] }) =>
      once('gauge', options, (): Gauge<L> => {
        const { name, help, labels = [] } = options;
        const gauge = new PromGauge({ name, help, labelNames: labels, registers });
        return { set: (value, of) => (of === undefined ? gauge.set(value) : gauge.set(of as never, value)) };
      }),
    histogram: <L extends string>(options: Parameters<Metrics['histogram']>[0] & { labels?: readonly L[] }) =>
      once('histogram', options, (): Histogram<L> => {
        const { name, help, labels = [], buckets } = options;
        const histogram = new PromHistogram({ name, help, labelNames: labels, buckets: [...buckets], registers });
        return {
          observe: (value, of) => (of === undefined ? histogram.observe(value) : histogram.observe(of as never, value)),
          zero: (of) => histogram.zero((of ?? {}) as never),
          remove: (of) => histogram.remove((of ?? {}) as never),
        };
      }),
    onScrape: (collect) => void collectors.push(collect),
    render: async () => {
      for (const collect of collectors) {
        try {
          collect();
        } catch {
          failures.inc();
        }
      }
      return registry.metrics();
    },
    contentType: registry.contentType,
  };
  const failures = metrics.counter({
    name: 'csi_attacher_scrape_errors_total',
    help: 'Collectors that failed during a scrape; what they measure is stale in it.',
  });
  return metrics;
}
