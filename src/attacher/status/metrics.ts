import type { Counter, Histogram, Metrics } from '../../base/metrics.ts';
import { type OperationKind, operationKinds } from '../state/outcome.ts';
import { type AttachmentState, attachmentStates } from './conditions.ts';

const bucketsSeconds = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 25, 50, 120, 300, 600, 1800, 3600];

/** What attaching and detaching shows to Prometheus, beside the calls to the driver and to the API. */
export class AttachmentMetrics {
  readonly #seconds: Histogram<'operation'>;
  readonly #timeouts: Counter<'operation'>;
  readonly #failures: Counter<'operation' | 'reason'>;

  constructor(metrics: Metrics) {
    this.#seconds = metrics.histogram({
      name: 'csi_attacher_operation_seconds',
      help: 'Time from the request (creation or deletionTimestamp of the VolumeAttachment) until it was done.',
      labels: ['operation'],
      buckets: bucketsSeconds,
    });
    this.#timeouts = metrics.counter({
      name: 'csi_attacher_operation_timeouts_total',
      help: 'Operations that were not done within --volume-attachment-timeout.',
      labels: ['operation'],
    });
    // Shown from the start: an increase from nothing to 1 is none to Prometheus, and the first timeout would go unseen.
    for (const operation of operationKinds) this.#timeouts.inc({ operation }, 0);
    this.#failures = metrics.counter({
      name: 'csi_attacher_operation_failures_total',
      help: 'Attach and detach operations that failed and are retried, by reason.',
      labels: ['operation', 'reason'],
    });
  }

  /** Once for each operation whose time is over, however often it is tried afterwards. */
  timedOut(operation: OperationKind): void {
    this.#timeouts.inc({ operation });
  }

  finished(operation: OperationKind, sinceRequestMs: number): void {
    this.#seconds.observe(sinceRequestMs / 1000, { operation });
  }

  failed(operation: OperationKind, reason: string): void {
    this.#failures.inc({ operation, reason });
  }
}

/** What is to be seen of the queue of attachments at the moment of a scrape. */
export interface LaneView {
  stats(lane: OperationKind): { ready: number; running: number; oldestReadyMs: number };
}

/** Shows the lanes of whoever leads now; `current` gives undefined for a standby. */
export function showLanes(metrics: Metrics, current: () => LaneView | undefined): void {
  const labels = ['operation'] as const;
  const backlog = metrics.gauge({
    name: 'csi_attacher_backlog',
    help: 'Attachments that are ready and wait for a worker.',
    labels,
  });
  const oldest = metrics.gauge({
    name: 'csi_attacher_backlog_oldest_seconds',
    help: 'How long the oldest of the backlog has waited.',
    labels,
  });
  const inFlight = metrics.gauge({
    name: 'csi_attacher_in_flight',
    help: 'Attachments that a worker is busy with.',
    labels,
  });
  metrics.onScrape(() => {
    for (const operation of operationKinds) {
      const stats = current()?.stats(operation) ?? { ready: 0, running: 0, oldestReadyMs: 0 };
      backlog.set(stats.ready, { operation });
      oldest.set(stats.oldestReadyMs / 1000, { operation });
      inFlight.set(stats.running, { operation });
    }
  });
}

/** Shows how many attachments there are in each state, whoever leads. */
export function showStates(metrics: Metrics, current: () => Iterable<{ state: AttachmentState }>): void {
  const gauge = metrics.gauge({
    name: 'csi_attacher_attachments',
    help: 'VolumeAttachments of the driver by state.',
    labels: ['state'],
  });
  metrics.onScrape(() => {
    const counts = new Map<AttachmentState, number>();
    for (const { state } of current()) counts.set(state, (counts.get(state) ?? 0) + 1);
    for (const state of attachmentStates) gauge.set(counts.get(state) ?? 0, { state });
  });
}
