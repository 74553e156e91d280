import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/log/logger.ts';
import type { Counter, Metrics } from '../base/metrics.ts';
import type { Random } from '../base/random.ts';
import { truncateUtf8 } from '../base/text.ts';
import type { ObjectMeta, ObjectReference } from './api/objects.ts';
import type { KubeClient } from './client/client.ts';
import { isForbidden, isNotFound, isRefusedByAuthorizer, isUnknownResource, missingRule } from './client/errors.ts';
import { metaFromJson } from './codec/meta.ts';
import type { Resource } from './codec/resources.ts';
import { asObject } from './codec/values.ts';

/** Something that a person who describes the object should see. */
export interface EventToRecord {
  regarding: ObjectReference;
  type: 'Normal' | 'Warning';
  /** One word in CamelCase, at most 128 bytes. */
  reason: string;
  /** What was tried, one word in CamelCase. */
  action: string;
  /** At most 1024 bytes; what is over is cut. */
  note: string;
}

/** Takes events. Never fails, never blocks: what cannot be recorded is dropped. */
export interface EventSink {
  record(event: EventToRecord): void;
}

export interface EventRecorderOptions {
  client: KubeClient;
  clock: Clock;
  random: Random;
  logger: Logger;
  metrics: Metrics;
  /** `spec.reportingController`: who says it. */
  controller: string;
  /** Which replica says it. */
  instance: string;
}

/** One event that goes on happening. */
interface Series {
  name: string;
  namespace: string;
  count: number;
  /** Monotonic times, in milliseconds. */
  lastMs: number;
  writtenMs: number;
  /** The event is on the server: repetitions are counted on it. */
  created: boolean;
}

/** Repetitions are written at most this often; a series that is quiet for as long as the second is over. */
const repeatEveryMs = 60_000;
const seriesEndsMs = 600_000;
/** More series, or more writes under way, than these are not kept: events are a courtesy. */
const seriesMax = 1024;
const pendingMax = 64;
const noteBytesMax = 1024;
/** A role may be mended: after so long, events that were forbidden are tried again. */
const askAgainMs = 5 * 60_000;

/**
 * Records events.k8s.io/v1 Events, repeated ones as one with a count, as client-go's does. A server that does not know
 * or does not allow those gets core ones. If both are forbidden there is a warning, and the next try five minutes later. What
 * an admission webhook denies is dropped, and the others are written.
 */
export class EventRecorder implements EventSink {
  readonly #options: EventRecorderOptions;
  readonly #dropped: Counter<'reason'>;
  /** By regarding object, type, reason and action, in the order of their last use. */
  readonly #series = new Map<string, Series>();
  readonly #pending = new Set<Promise<void>>();
  readonly #closing = new AbortController();
  /** Monotonic: until when events are not tried, since the role does not allow them. */
  #forbiddenUntil = Number.NEGATIVE_INFINITY;
  /** The role did not allow the last one that was tried. */
  #isForbidden = false;
  /** Monotonic: when a denial was logged last. */
  #deniedAt = Number.NEGATIVE_INFINITY;
  #legacy = false;

  constructor(options: EventRecorderOptions) {
    this.#options = { ...options, logger: options.logger.named('kube/event-recorder') };
    this.#dropped = options.metrics.counter({
      name: 'csi_attacher_events_dropped_total',
      help: 'Events that were not recorded, by reason: forbidden, busy, failed.',
      labels: ['reason'],
    });
  }

  record(event: EventToRecord): void {
    if (this.#options.clock.monotonic() < this.#forbiddenUntil) {
      this.#drop('forbidden');
      return;
    }
    const series = this.#advance(event);
    if (series === undefined) return;
    if (this.#pending.size >= pendingMax) {
      this.#drop('busy');
      return;
    }
    const write = this.#write(event, series).finally(() => this.#pending.delete(write));
    this.#pending.add(write);
  }

  /** Gives up what is under way: a courtesy must not hold up the end of the process. */
  close(): void {
    this.#closing.abort();
  }

  /** Resolves when what is under way has been written. */
  async flush(): Promise<void> {
    await Promise.all(this.#pending);
  }

  /** Counts the event; gives its series if it is to be written now. */
  #advance(event: EventToRecord): Series | undefined {
    const { clock } = this.#options;
    const { regarding, type, reason, action } = event;
    const key = [regarding.kind, regarding.namespace, regarding.name, regarding.uid, type, reason, action].join('\n');
    const now = clock.monotonic();
    const known = this.#series.get(key);
    if (known !== undefined && now - known.lastMs < seriesEndsMs) {
      known.count++;
      known.lastMs = now;
      this.#series.delete(key);
      this.#series.set(key, known);
      if (now - known.writtenMs < repeatEveryMs) return undefined;
      known.writtenMs = now;
      return known;
    }
    const series: Series = {
      name: `${regarding.name}.${this.#options.random.uuid().slice(0, 13).replace('-', '')}`,
      namespace: regarding.namespace ?? 'default',
      count: 1,
      lastMs: now,
      writtenMs: now,
      created: false,
    };
    this.#series.delete(key);
    this.#series.set(key, series);
    for (const [oldest] of this.#series) {
      if (this.#series.size <= seriesMax) break;
      this.#series.delete(oldest);
    }
    return series;
  }

  /** `refusal` is why the newer API would not have it. */
  async #write(event: EventToRecord, series: Series, refusal?: unknown): Promise<void> {
    const { client, logger } = this.#options;
    const { namespace, name } = series;
    const { signal } = this.#closing;
    const isNewer = !this.#legacy;
    try {
      if (series.created) {
        const body = this.#repetition(series);
        await client.patch(this.#resource, name, body, { namespace, signal });
        return;
      }
      await client.create(this.#resource, this.#body(event, series), { namespace, signal });
      series.created = true;
      this.#isForbidden = false;
    } catch (error) {
      // Before Kubernetes 1.19, or with a role that grants only the core group's events, as many do: they are the same.
      if (isNewer && (isUnknownResource(error) || isRefusedByAuthorizer(error))) {
        this.#legacy = true;
        await this.#write(event, series, error);
        return;
      }
      if (isForbidden(error)) {
        this.#forbidden(error, missingRule(refusal) ?? missingRule(error));
        return;
      }
      // The event has expired: it begins anew.
      if (isNotFound(error)) series.created = false;
      logger.debug(2, 'Could not record an event', { err: error });
      this.#drop('failed');
    }
  }

  #forbidden(error: unknown, rule: string | undefined): void {
    const { clock, logger } = this.#options;
    const now = clock.monotonic();
    this.#drop('forbidden');
    if (rule === undefined) {
      // An admission webhook's denial: it may be of this event alone.
      if (now - this.#deniedAt < askAgainMs) return;
      this.#deniedAt = now;
      logger.warning('An event was denied', { err: error });
      return;
    }
    if (!this.#isForbidden) logger.warning('Events are forbidden and will not be recorded', { missingRule: rule });
    this.#isForbidden = true;
    this.#forbiddenUntil = now + askAgainMs;
    this.#legacy = false;
  }

  get #resource(): Resource<ObjectMeta> {
    return this.#legacy ? coreEvents : events;
  }

  #drop(reason: 'forbidden' | 'busy' | 'failed'): void {
    this.#dropped.inc({ reason });
  }

  #body(event: EventToRecord, series: Series): object {
    const { clock, controller, instance } = this.#options;
    const note = truncateUtf8(event.note, noteBytesMax);
    const { regarding, type, reason, action } = event;
    const metadata = { name: series.name, namespace: series.namespace };
    const now = new Date(clock.now()).toISOString();
    const shared = { metadata, type, reason, action, reportingInstance: instance };
    if (!this.#legacy) {
      return {
        ...{ apiVersion: 'events.k8s.io/v1', kind: 'Event', ...shared },
        ...{ eventTime: microTime(now), reportingController: controller, regarding, note },
      };
    }
    const seconds = now.replace(/\.\d+Z$/, 'Z');
    return {
      ...{ apiVersion: 'v1', kind: 'Event', ...shared, reportingComponent: controller, involvedObject: regarding },
      ...{
        message: note,
        source: { component: controller },
        count: 1,
        firstTimestamp: seconds,
        lastTimestamp: seconds,
      },
    };
  }

  #repetition(series: Series): Record<string, unknown> {
    const now = new Date(this.#options.clock.now()).toISOString();
    if (this.#legacy) return { count: series.count, lastTimestamp: now.replace(/\.\d+Z$/, 'Z') };
    return { series: { count: series.count, lastObservedTime: microTime(now) } };
  }
}

/** Kubernetes' MicroTime has six digits. */
function microTime(iso: string): string {
  return iso.replace(/(\.\d{3})Z$/, '$1000Z');
}

const decodeJson = (value: unknown): ObjectMeta => metaFromJson(asObject(asObject(value).metadata));

const events: Resource<ObjectMeta> = {
  ...{ group: 'events.k8s.io', version: 'v1', plural: 'events', kind: 'Event', namespaced: true },
  decodeJson,
};

const coreEvents: Resource<ObjectMeta> = { ...events, group: '' };
