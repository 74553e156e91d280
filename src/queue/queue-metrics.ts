import type { Clock } from '../base/clock.ts';
import type { Counter, Gauge, Histogram, Metrics } from '../base/metrics.ts';

/** client-go's buckets: from 10 ns to 1000 s in steps of ten. */
const bucketsSeconds = Array.from({ length: 12 }, (_, index) => 1e-8 * 10 ** index);

/** The metrics that client-go has for each work queue, under the names that dashboards look for. */
export class QueueMetrics {
  readonly #name: string;
  readonly #clock: Clock;
  readonly #adds: Counter<'name'>;
  readonly #retries: Counter<'name'>;
  readonly #queueSeconds: Histogram<'name'>;
  readonly #workSeconds: Histogram<'name'>;
  #ready = 0;
  /** Monotonic times at which what runs began, oldest first. */
  readonly #started: number[] = [];

  /** One for each queue; all of them share the metrics that `workQueueMetrics` made. */
  constructor(shared: WorkQueueMetrics, clock: Clock, name: string) {
    this.#name = name;
    this.#clock = clock;
    ({
      adds: this.#adds,
      retries: this.#retries,
      queueSeconds: this.#queueSeconds,
      workSeconds: this.#workSeconds,
    } = shared);
    this.#adds.inc({ name }, 0);
    this.#retries.inc({ name }, 0);
    shared.onScrape(() => this.#show(shared));
  }

  /** A key became ready. */
  added(): void {
    this.#ready++;
    this.#adds.inc({ name: this.#name });
  }

  /** A worker took a key that was ready for `queuedMs` milliseconds. */
  got(queuedMs: number): void {
    this.#ready--;
    this.#started.push(this.#clock.monotonic());
    this.#queueSeconds.observe(queuedMs / 1000, { name: this.#name });
  }

  /** A worker was done with a key after `workMs` milliseconds. */
  done(workMs: number): void {
    const since = this.#clock.monotonic() - workMs;
    const index = this.#started.findIndex((startedMs) => startedMs >= since);
    this.#started.splice(Math.max(0, index), 1);
    this.#workSeconds.observe(workMs / 1000, { name: this.#name });
  }

  retried(): void {
    this.#retries.inc({ name: this.#name });
  }

  /** The queue was given up with what was still ready in it. */
  dropped(): void {
    this.#ready = 0;
  }

  #show(shared: WorkQueueMetrics): void {
    const now = this.#clock.monotonic();
    const labels = { name: this.#name };
    const unfinishedMs = this.#started.reduce((sum, startedMs) => sum + now - startedMs, 0);
    shared.depth.set(this.#ready, labels);
    shared.unfinishedSeconds.set(unfinishedMs / 1000, labels);
    shared.longestSeconds.set((now - (this.#started[0] ?? now)) / 1000, labels);
  }
}

export interface WorkQueueMetrics {
  adds: Counter<'name'>;
  retries: Counter<'name'>;
  queueSeconds: Histogram<'name'>;
  workSeconds: Histogram<'name'>;
  depth: Gauge<'name'>;
  unfinishedSeconds: Gauge<'name'>;
  longestSeconds: Gauge<'name'>;
  onScrape(collect: () => void): void;
}

export function workQueueMetrics(metrics: Metrics): WorkQueueMetrics {
  const labels = ['name'] as const;
  const buckets = bucketsSeconds;
  return {
    adds: metrics.counter({ name: 'workqueue_adds_total', help: 'Keys added to the queue.', labels }),
    retries: metrics.counter({ name: 'workqueue_retries_total', help: 'Keys that were to be retried.', labels }),
    queueSeconds: metrics.histogram({
      ...{ name: 'workqueue_queue_duration_seconds', labels, buckets },
      help: 'How long a key was ready before a worker took it.',
    }),
    workSeconds: metrics.histogram({
      ...{ name: 'workqueue_work_duration_seconds', labels, buckets },
      help: 'How long a worker was busy with a key.',
    }),
    depth: metrics.gauge({ name: 'workqueue_depth', help: 'Keys that are ready now.', labels }),
    unfinishedSeconds: metrics.gauge({
      ...{ name: 'workqueue_unfinished_work_seconds', labels },
      help: 'Seconds that what runs now has taken so far, all together.',
    }),
    longestSeconds: metrics.gauge({
      ...{ name: 'workqueue_longest_running_processor_seconds', labels },
      help: 'Seconds that the longest of what runs now has taken so far.',
    }),
    onScrape: (collect) => metrics.onScrape(collect),
  };
}
