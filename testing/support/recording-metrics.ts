import { isDeepStrictEqual } from 'node:util';
import type { Counter, Gauge, Histogram, MetricOptions, Metrics } from '../../src/base/metrics.ts';

export interface Sample {
  name: string;
  value: number;
  labels: Readonly<Record<string, string>>;
}

/** Keeps every observation in order: increments, settings and histogram values alike; not those of a removed series. */
export class RecordingMetrics implements Metrics {
  readonly samples: Sample[] = [];
  readonly registered = new Map<string, MetricOptions<string> & { buckets?: readonly number[] }>();

  counter<L extends string = never>(options: MetricOptions<L>): Counter<L> {
    this.registered.set(options.name, options);
    return { inc: (labels, by = 1) => this.#add(options.name, by, labels) };
  }
  gauge<L extends string = never>(options: MetricOptions<L>): Gauge<L> {
    this.registered.set(options.name, options);
    return { set: (value, labels) => this.#add(options.name, value, labels) };
  }
  histogram<L extends string = never>(options: MetricOptions<L> & { buckets: readonly number[] }): Histogram<L> {
    this.registered.set(options.name, options);
    return {
      observe: (value, labels) => this.#add(options.name, value, labels),
      zero: () => {},
      remove: (labels) => this.#remove(options.name, labels),
    };
  }
  onScrape(): void {}

  #remove(name: string, labels: Readonly<Record<string, string>> = {}): void {
    const kept = this.samples.filter((sample) => sample.name !== name || !isDeepStrictEqual(sample.labels, labels));
    this.samples.splice(0, this.samples.length, ...kept);
  }

  #add(name: string, value: number, labels: Readonly<Record<string, string>> = {}): void {
    this.samples.push({ name, value, labels });
  }
}
