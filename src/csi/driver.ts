import { type Clock, sleep } from '../base/clock.ts';
import type { Logger } from '../base/log/logger.ts';
import { WaitingLog } from '../base/log/waiting-log.ts';
import type { Metrics } from '../base/metrics.ts';
import { Caller, type Exchange } from './caller.ts';
import { controllerCapabilities, type DriverInfo, driverNameError, hasControllerService } from './capabilities.ts';
import * as codec from './codec.ts';
import * as describe from './describe.ts';
import { Code, CsiError } from './errors.ts';
import { GivenUpCalls } from './given-up-calls.ts';
import type {
  ListVolumesPage,
  ListVolumesRequest,
  PluginInfo,
  ProbeResult,
  PublishContext,
  PublishRequest,
  UnpublishRequest,
} from './messages.ts';
import { Method } from './methods.ts';
import type { CsiTransport } from './transport.ts';

export interface DriverOptions {
  transport: CsiTransport;
  clock: Clock;
  logger: Logger;
  metrics: Metrics;
  /** Limit of one call in milliseconds. */
  timeoutMs: number;
  /** Characters of one message that the log shows; 0 and below (the default) mean no limit. */
  maxGrpcLogLength?: number;
  /** Which drivers' durations carry the label `migrated`: those that stand in for an in-tree plugin. Default: none. */
  withMigratedLabel?: (driverName: string) => boolean;
}

/** What a single call may have of its own. */
export interface OperationOptions {
  /** In place of the driver's `timeoutMs`. */
  timeoutMs?: number | undefined;
  /** For the metric: the volume is a migrated in-tree one. */
  migrated?: boolean | undefined;
  /** Asked when the request goes onto the wire: false, and it is not sent (see CallOptions). */
  wanted?: (() => boolean) | undefined;
}

/** The driver's name is one that Kubernetes could never have sent it work under. Trying again will not help. */
export class DriverNameError extends Error {
  override readonly name = 'DriverNameError';
}

/** Between two tries of Probe, and of a handshake call that failed. */
const retryIntervalMs = 1_000;

/** A CSI driver's controller, as an attacher sees it. Calls reject with CsiError unless it says otherwise. */
export class Driver {
  readonly #transport: CsiTransport;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #timeoutMs: number;
  readonly #caller: Caller;
  readonly #givenUp: GivenUpCalls;

  constructor(options: DriverOptions) {
    const { transport, clock, logger, metrics, timeoutMs } = options;
    if (!(timeoutMs > 0)) throw new RangeError(`timeoutMs must be more than 0, not ${timeoutMs}`);
    this.#transport = transport;
    this.#clock = clock;
    this.#logger = logger.named('csi/driver');
    this.#timeoutMs = timeoutMs;
    this.#givenUp = new GivenUpCalls(clock);
    this.#caller = new Caller({
      transport,
      clock,
      logger,
      metrics,
      maxLogLength: options.maxGrpcLogLength ?? -1,
      withMigratedLabel: options.withMigratedLabel ?? (() => false),
    });
  }

  /**
   * Waits until the driver answers Probe with ready, for as long as it takes: the socket may not exist yet, the driver
   * may hang or answer errors. Rejects only when `signal` aborts (CANCELED).
   */
  async waitReady(signal: AbortSignal): Promise<void> {
    const log = this.#waitingTo('for the CSI driver');
    for (;;) {
      const reason = await this.#whyNotReady(signal);
      throwIfAborted(signal);
      if (reason === undefined) break;
      log.failed(reason);
      await sleep(this.#clock, retryIntervalMs, signal);
    }
    log.worked();
  }

  /**
   * Asks the driver what it is called and what it can do; an error is tried again for as long as it takes. Rejects
   * with DriverNameError, and with CANCELED when `signal` aborts.
   */
  async handshake(signal: AbortSignal): Promise<DriverInfo> {
    const { name, version } = await this.#insist(pluginInfo, signal);
    const nameError = driverNameError(name);
    if (nameError !== undefined) throw new DriverNameError(nameError);
    this.#caller.named(name);
    const controllerService = hasControllerService(await this.#insist(pluginCapabilities, signal));
    const rpcs = controllerService ? await this.#insist(controllerRpcs, signal) : new Set<number>();
    return { name, version, controllerService, capabilities: controllerCapabilities(rpcs) };
  }

  /** Makes the volume available on the node. */
  publish(request: PublishRequest, signal?: AbortSignal, options: OperationOptions = {}): Promise<PublishContext> {
    return this.#operate(request.volumeId, {
      method: Method.ControllerPublishVolume,
      request: codec.encodePublishRequest(request),
      decode: codec.decodePublishContext,
      describeRequest: () => describe.describePublish(request),
      describeResponse: describe.describePublishContext,
      ...this.#limits(signal, options),
    });
  }

  /** Takes the volume off the node. Succeeds too if it was not there. */
  unpublish(request: UnpublishRequest, signal?: AbortSignal, options: OperationOptions = {}): Promise<void> {
    return this.#operate(request.volumeId, {
      method: Method.ControllerUnpublishVolume,
      request: codec.encodeUnpublishRequest(request),
      decode: () => undefined,
      describeRequest: () => describe.describeUnpublish(request),
      describeResponse: () => ({}),
      ...this.#limits(signal, options),
    });
  }

  /** One page of what the driver says is published where. */
  listVolumes(
    request: ListVolumesRequest,
    signal?: AbortSignal,
    options: OperationOptions = {},
  ): Promise<ListVolumesPage> {
    return this.#caller.call({
      method: Method.ListVolumes,
      request: codec.encodeListVolumesRequest(request),
      decode: codec.decodeListVolumesPage,
      describeRequest: () => describe.describeListVolumes(request),
      describeResponse: describe.describeListVolumesPage,
      ...this.#limits(signal, options),
    });
  }

  /** Called each time an established connection to the driver is lost. */
  onDisconnect(listener: () => void): void {
    this.#transport.onDisconnect(listener);
  }

  /** Resolves when each call that was given up has either been taken up by the driver, or never will be. */
  settled(): Promise<void> {
    return this.#givenUp.settled();
  }

  /** A call that changes where the volume is. It follows one that was given up only once that cannot follow it. */
  async #operate<T>(volumeId: string, exchange: Exchange<T>): Promise<T> {
    while (this.#givenUp.leftMs(volumeId) > 0) {
      await sleep(this.#clock, this.#givenUp.leftMs(volumeId), exchange.signal);
      if (exchange.signal !== undefined) throwIfAborted(exchange.signal);
    }
    try {
      return await this.#caller.call(exchange);
    } catch (error) {
      this.#givenUp.failed(volumeId, CsiError.from(error));
      throw error;
    }
  }

  #limits(signal: AbortSignal | undefined, { timeoutMs, migrated, wanted }: OperationOptions) {
    return { signal, timeoutMs: timeoutMs ?? this.#timeoutMs, migrated, wanted };
  }

  /** One call of a method that asks nothing. */
  #ask<T>(question: Question<T>, signal: AbortSignal): Promise<T> {
    return this.#caller.call({
      ...question,
      request: codec.emptyRequest,
      describeRequest: () => ({}),
      timeoutMs: this.#timeoutMs,
      signal,
    });
  }

  async #insist<T>(question: Question<T>, signal: AbortSignal): Promise<T> {
    const log = this.#waitingTo(`for the CSI driver to answer ${question.method}`);
    for (;;) {
      throwIfAborted(signal);
      try {
        const answer = await this.#ask(question, signal);
        log.worked();
        return answer;
      } catch (error) {
        throwIfAborted(signal);
        log.failed(String(CsiError.from(error)));
      }
      await sleep(this.#clock, retryIntervalMs, signal);
    }
  }

  #waitingTo(waitsFor: string): WaitingLog {
    return new WaitingLog({ clock: this.#clock, logger: this.#logger, waitsFor });
  }

  async #whyNotReady(signal: AbortSignal): Promise<string | undefined> {
    try {
      const { ready } = await this.#ask(probe, signal);
      return ready ? undefined : 'the driver answers Probe with "not ready"';
    } catch (error) {
      return `Probe failed: ${CsiError.from(error)}`;
    }
  }
}

/** A method whose request has no fields. */
type Question<T> = Pick<Exchange<T>, 'method' | 'decode' | 'describeResponse'>;

const probe: Question<ProbeResult> = {
  method: Method.Probe,
  decode: codec.decodeProbe,
  describeResponse: describe.describeProbe,
};
const pluginInfo: Question<PluginInfo> = {
  method: Method.GetPluginInfo,
  decode: codec.decodePluginInfo,
  describeResponse: describe.describePluginInfo,
};
const pluginCapabilities: Question<Set<number>> = {
  method: Method.GetPluginCapabilities,
  decode: codec.decodeCapabilityTypes,
  describeResponse: describe.describeCapabilityTypes,
};
const controllerRpcs: Question<Set<number>> = {
  method: Method.ControllerGetCapabilities,
  decode: codec.decodeCapabilityTypes,
  describeResponse: describe.describeCapabilityTypes,
};

function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw new CsiError(Code.Canceled, 'context canceled', { local: true, sent: false });
}
