import type { Counter, Histogram, Metrics } from '../base/metrics.ts';

/** client-go's buckets: from 10 ns to 10 s in steps of ten. */
const buckets = [1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1, 10];

/** What is read from the queue at each scrape. */
export interface QueueView {
  /** Keys that are ready. */
  readonly ready: number;
  /** What runs, with the milliseconds that each has taken so far. */
  running(): Iterable<{ ms: number }>;
}

/** The metrics that client-go has for a work queue, under the names that dashboards look for. */
export class QueueMetrics {
  readonly #labels: { name: string };
  readonly #adds: Counter<'name'>;
  readonly #retries: Counter<'name'>;
  readonly #queueSeconds: Histogram<'name'>;
  readonly #workSeconds: Histogram<'name'>;
  #view: QueueView | undefined;

  /** `name` is the value of the label that tells one queue from another. */
  constructor(metrics: Metrics, name: string) {
    this.#labels = { name };
    const labels = ['name'] as const;
    this.#adds = metrics.counter({ name: 'workqueue_adds_total', help: 'Keys added to the queue.', labels });
    this.#retries = metrics.counter({ name: 'workqueue_retries_total', help: 'Keys that were to be retried.', labels });
    this.#queueSeconds = metrics.histogram({
      ...{ name: 'workqueue_queue_duration_seconds', labels, buckets },
      help: 'How long a key was ready before a worker took it.',
    });
    this.#workSeconds = metrics.histogram({
      ...{ name: 'workqueue_work_duration_seconds', labels, buckets },
      help: 'How long a worker was busy with a key.',
    });
    this.#adds.inc(this.#labels, 0);
    this.#retries.inc(this.#labels, 0);
    this.#queueSeconds.zero(this.#labels);
    this.#workSeconds.zero(this.#labels);
    this.#showAtScrape(metrics);
  }

  /** From now on `view` is what the scrape sees; undefined while there is no queue, on a standby. */
  watch(view: QueueView | undefined): void {
    this.#view = view;
  }

  /** A key became ready. */
  added(): void {
    this.#adds.inc(this.#labels);
  }

  /** A worker took a key that was ready for `queuedMs` milliseconds. */
  got(queuedMs: number): void {
    this.#queueSeconds.observe(queuedMs / 1000, this.#labels);
  }

  /** A worker was done with a key after `workMs` milliseconds. */
  done(workMs: number): void {
    this.#workSeconds.observe(workMs / 1000, this.#labels);
  }

  retried(): void {
    this.#retries.inc(this.#labels);
  }

  #showAtScrape(metrics: Metrics): void {
    const labels = ['name'] as const;
    const depth = metrics.gauge({ name: 'workqueue_depth', help: 'Keys that are ready now.', labels });
    const unfinished = metrics.gauge({
      ...{ name: 'workqueue_unfinished_work_seconds', labels },
      help: 'Seconds that what runs now has taken so far, all together.',
    });
    const longest = metrics.gauge({
      ...{ name: 'workqueue_longest_running_processor_seconds', labels },
      help: 'Seconds that the longest of what runs now has taken so far.',
    });
    metrics.onScrape(() => {
      let sumMs = 0;
      let longestMs = 0;
      for (const { ms } of this.#view?.running() ?? []) {
        sumMs += ms;
        longestMs = Math.max(longestMs, ms);
      }
      depth.set(this.#view?.ready ?? 0, this.#labels);
      unfinished.set(sumMs / 1000, this.#labels);
      longest.set(longestMs / 1000, this.#labels);
    });
  }
}
