import { type HttpHeaders, type StreamSink, TransportError } from '../../../src/kube/client/transport.ts';
import type { WatchSink } from '../../apiserver/storage/watch.ts';
import type { Chance } from '../chance.ts';
import type { WatchFate } from '../cluster/api-faults.ts';
import type { SimProcess } from '../replica/sim-process.ts';
import type { Exchange } from './exchange.ts';
import type { Lane } from './network.ts';

export interface WatchDeliveryOptions {
  exchange: Exchange<void>;
  sink: StreamSink;
  fate: WatchFate;
  downMs: number;
  lane: Lane;
  process: SimProcess;
  chance: Chance;
  /** How far the server's picture lies behind, in milliseconds. */
  lagMs: () => number;
}

/** Brings the frames of one watch to its reader: in order, late, in odd pieces, until the stream ends one way or other. */
export class WatchDelivery implements WatchSink {
  readonly #options: WatchDeliveryOptions;
  /** What is on its way, in order. */
  readonly #queue: (() => void)[] = [];
  #lastMs = 0;
  #silent = false;

  constructor(options: WatchDeliveryOptions) {
    this.#options = options;
  }

  open(headers: HttpHeaders): void {
    const { sink, fate, process } = this.#options;
    this.#send(() => sink.onResponse(200, headers), false);
    if (fate.end === undefined) return;
    const { how, afterMs } = fate.end;
    process.deliver(afterMs, () => this.#end(how));
  }

  write(frame: Uint8Array): boolean {
    const { sink, fate, chance } = this.#options;
    if (!fate.splitFrames || frame.length < 2) this.#send(() => sink.onData(frame), true);
    else {
      const cut = chance.whole(1, frame.length - 1);
      this.#send(() => sink.onData(frame.subarray(0, cut)), true);
      this.#send(() => sink.onData(frame.subarray(cut)), true);
    }
    return true;
  }

  end(): void {
    this.#send(() => this.#options.exchange.done(), true);
  }

  #end(how: 'end' | 'break' | 'stall'): void {
    const { exchange } = this.#options;
    if (how === 'end') exchange.done();
    else if (how === 'break') exchange.fail(new TransportError('broken', 'the stream broke', { sent: true }));
    else this.#silent = true;
  }

  #send(act: () => void, lags: boolean): void {
    const { lane, process, exchange, chance, downMs, lagMs } = this.#options;
    if (this.#silent || exchange.isOver) return;
    this.#queue.push(act);
    // Never before what was sent earlier: a stream keeps its order.
    const now = lane.nowMs;
    const dueMs = Math.max(this.#lastMs, now + downMs * chance.between(0.5, 1) + (lags ? lagMs() : 0));
    this.#lastMs = dueMs;
    lane.cross(dueMs - now, () => this.#arrive(), process);
  }

  #arrive(): void {
    const act = this.#queue.shift();
    if (act !== undefined && !this.#silent && !this.#options.exchange.isOver) act();
  }
}
