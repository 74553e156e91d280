/**
 * What a room needs to be measured, without knowing who collects. `server` implements it with prom-client; the
 * simulator with nothing. Label values must come from small closed sets. Asking again for the name of a metric gives
 * the same one, so that two clients or three reflectors count together.
 */
export interface Metrics {
  counter<L extends string = never>(options: MetricOptions<L>): Counter<L>;
  gauge<L extends string = never>(options: MetricOptions<L>): Gauge<L>;
  histogram<L extends string = never>(options: MetricOptions<L> & { buckets: readonly number[] }): Histogram<L>;
  /** Runs `collect` before each scrape, so that a gauge can be set from what is true at that moment. */
  onScrape(collect: () => void): void;
}

export interface MetricOptions<L extends string> {
  name: string;
  help: string;
  labels?: readonly L[];
}

type Labels<L extends string> = [L] extends [never] ? undefined : Record<L, string>;

export interface Counter<L extends string = never> {
  /** Adds `by` (1 unless told). */
  inc(labels?: Labels<L>, by?: number): void;
}

export interface Gauge<L extends string = never> {
  set(value: number, labels?: Labels<L>): void;
}

export interface Histogram<L extends string = never> {
  /** Durations are in seconds, as Prometheus has them. */
  observe(value: number, labels?: Labels<L>): void;
  /** Shows the series before anything was observed, so that its first increase can be seen. */
  zero(labels: Labels<L>): void;
  /** Takes the series away. */
  remove(labels: Labels<L>): void;
}

/** Collects nothing: for tests and the simulator. */
export const noMetrics: Metrics = {
  counter: () => ({ inc: () => {} }),
  gauge: () => ({ set: () => {} }),
  histogram: () => ({ observe: () => {}, zero: () => {}, remove: () => {} }),
  onScrape: () => {},
};
