import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/log/logger.ts';
import type { Histogram, Metrics } from '../base/metrics.ts';
import { cut } from './describe.ts';
import { Code, CsiError, codeName } from './errors.ts';
import type { Method } from './methods.ts';
import type { CsiTransport } from './transport.ts';

/** How one method's messages go onto the wire, off it, and into the log. */
export interface Exchange<T> {
  method: Method;
  request: Uint8Array;
  decode: (bytes: Uint8Array) => T;
  /** What the log may show; called only if it will. */
  describeRequest: () => object;
  describeResponse: (response: T) => object;
  timeoutMs: number;
  signal?: AbortSignal | undefined;
  wanted?: (() => boolean) | undefined;
  /** The volume is a migrated in-tree one. Only counted for drivers that have such. */
  migrated?: boolean | undefined;
}

export interface CallerOptions {
  transport: CsiTransport;
  clock: Clock;
  logger: Logger;
  metrics: Metrics;
  /** Characters of one message that the log shows; 0 and below mean no limit. */
  maxLogLength: number;
  /** True for drivers that stand in for an in-tree plugin: their durations carry the label `migrated`. */
  withMigratedLabel: (driverName: string) => boolean;
}

/** What upstream's sidecars write until GetPluginInfo was answered. */
const unknownDriver = 'unknown-driver';
/** The verbosity at which every sidecar logs its calls. */
const logLevel = 5;

/** Every call to the driver goes through here: timed, logged without what must not be shown, and decoded. */
export class Caller {
  readonly #options: CallerOptions;
  readonly #durations: Histogram<string>;
  #driverName = unknownDriver;
  #migratedLabel = false;
  /** The series of calls before the name was known. */
  readonly #unnamed = new Map<string, Record<string, string>>();

  constructor(options: CallerOptions) {
    this.#options = { ...options, logger: options.logger.named('csi/caller') };
    // One histogram for both kinds of driver: the fourth label is left out of each observation where it does not apply.
    this.#durations = options.metrics.histogram<string>({
      name: 'csi_sidecar_operations_seconds',
      help: 'Duration of calls to the CSI driver, by method and gRPC status code.',
      labels: ['driver_name', 'method_name', 'grpc_status_code', 'migrated'],
      buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 25, 50, 120, 300, 600],
    });
  }

  /**
   * From here on, durations carry this name. A driver that stands in for an in-tree plugin then has no series without the
   * label `migrated`, as with the Go sidecars, which begin anew once they know the name.
   */
  named(driverName: string): void {
    this.#driverName = driverName;
    this.#migratedLabel = this.#options.withMigratedLabel(driverName);
    if (this.#migratedLabel) for (const labels of this.#unnamed.values()) this.#durations.remove(labels);
    this.#unnamed.clear();
  }

  /** Rejects with CsiError only. */
  async call<T>(exchange: Exchange<T>): Promise<T> {
    const { clock, logger, maxLogLength } = this.#options;
    const { method, describeRequest, describeResponse } = exchange;
    const logged = logger.enabled(logLevel);
    const show = (described: object) => cut(JSON.stringify(described), maxLogLength);
    if (logged) logger.debug(logLevel, 'GRPC call', { method, request: show(describeRequest()) });
    const startedMs = clock.monotonic();
    try {
      const response = await this.#exchange(exchange);
      this.#observe(exchange, Code.OK, startedMs);
      if (logged) logger.debug(logLevel, 'GRPC response', { method, response: show(describeResponse(response)) });
      return response;
    } catch (thrown) {
      const error = CsiError.from(thrown);
      this.#observe(exchange, error.code, startedMs);
      if (logged) logger.debug(logLevel, 'GRPC error', { method, err: cut(error.toString(), maxLogLength) });
      throw error;
    }
  }

  async #exchange<T>({ method, request, decode, timeoutMs, signal, wanted }: Exchange<T>): Promise<T> {
    const bytes = await this.#options.transport.unary(method, request, { timeoutMs, signal, wanted });
    try {
      return decode(bytes);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new CsiError(Code.Internal, `the driver's answer to ${method} cannot be read: ${reason}`, {
        local: true,
        cause,
      });
    }
  }

  #observe(exchange: Pick<Exchange<unknown>, 'method' | 'migrated'>, code: number, startedMs: number): void {
    const labels: Record<string, string> = {
      driver_name: this.#driverName,
      method_name: exchange.method,
      grpc_status_code: codeName(code),
    };
    if (this.#migratedLabel) labels.migrated = String(exchange.migrated ?? false);
    if (this.#driverName === unknownDriver) this.#unnamed.set(`${exchange.method} ${code}`, labels);
    this.#durations.observe((this.#options.clock.monotonic() - startedMs) / 1000, labels);
  }
}
