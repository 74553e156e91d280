import type { HttpResponse } from '../../../src/kube/client/transport.ts';
import type { Chance } from '../chance.ts';

/** How often what goes wrong between an attacher and the API server. Shares are from 0 to 1. */
export interface ApiRates {
  /** The connection cannot be made: nothing is sent. */
  refuse: number;
  /** It is done, and the connection breaks before the answer. */
  lose: number;
  /** It is done, and the answer never comes. */
  hang: number;
  /** It is not done, and the answer is that error. 409 for writes only. */
  conflict: number;
  tooMany: number;
  internal: number;
  timeout: number;
  /** It is done, and the answer is 500 or 504 all the same. */
  doneButError: number;
  /** One way or the other needs up to `slowMs` longer. */
  slow: number;
  slowMs: number;
  /** A watch ends, breaks or goes silent after a time of `watchSpanMs` on average. */
  watchEnd: number;
  watchBreak: number;
  watchStall: number;
  watchSpanMs: number;
  /** A watch begins some events earlier than it was asked to. */
  watchReplay: number;
  /** Streams come in pieces that do not care for frames. */
  splitFrames: number;
}

export const noApiFaults: ApiRates = {
  refuse: 0,
  lose: 0,
  hang: 0,
  conflict: 0,
  tooMany: 0,
  internal: 0,
  timeout: 0,
  doneButError: 0,
  slow: 0,
  slowMs: 0,
  watchEnd: 0,
  watchBreak: 0,
  watchStall: 0,
  watchSpanMs: 0,
  watchReplay: 0,
  splitFrames: 0,
};

/** What befalls one request. */
export interface RequestFate {
  upMs: number;
  downMs: number;
  fault: 'refuse' | 'lose' | 'hang' | { answer: HttpResponse; done: boolean } | undefined;
}

/** What befalls one watch. */
export interface WatchFate {
  /** After how long it ends, and how; undefined: when server or client end it. */
  end: { afterMs: number; how: 'end' | 'break' | 'stall' } | undefined;
  /** How many events earlier it begins. */
  replay: number;
  splitFrames: boolean;
}

/** Draws what goes wrong with requests. */
export class ApiFaults {
  readonly #chance: Chance;
  #rates: ApiRates;
  #latencyMs: readonly [number, number];
  /** Faults that may still happen: a limit for whoever wants the shortest run that fails. */
  #budget: number;
  /** What has happened, by kind. */
  readonly counts: Record<string, number> = {};

  constructor(options: { chance: Chance; rates: ApiRates; latencyMs: readonly [number, number]; budget: number }) {
    this.#chance = options.chance;
    this.#rates = options.rates;
    this.#latencyMs = options.latencyMs;
    this.#budget = options.budget;
  }

  heal(): void {
    this.#rates = noApiFaults;
    this.#latencyMs = [0.2, 2];
  }

  /** `intensity` multiplies every rate: faults come in bad weather more than in good. */
  request(isWrite: boolean, intensity: number): RequestFate {
    const chance = this.#chance;
    const [least, most] = this.#latencyMs;
    const fate: RequestFate = {
      upMs: chance.between(least, most),
      downMs: chance.between(least, most),
      fault: undefined,
    };
    if (intensity <= 0 || this.#rates === noApiFaults) return fate;
    if (chance.hits(this.#rates.slow * intensity) && this.#happens('slow')) {
      if (chance.hits(0.5)) fate.upMs += chance.between(0, this.#rates.slowMs);
      else fate.downMs += chance.between(0, this.#rates.slowMs);
    }
    fate.fault = this.#fault(isWrite, intensity);
    return fate;
  }

  watch(intensity: number): WatchFate {
    const chance = this.#chance;
    const { watchEnd, watchBreak, watchStall, watchSpanMs, watchReplay, splitFrames } = this.#rates;
    const fate: WatchFate = { end: undefined, replay: 0, splitFrames: chance.hits(splitFrames) };
    if (intensity <= 0) return fate;
    let drawn = chance.next();
    const ends = [
      ['end', watchEnd],
      ['break', watchBreak],
      ['stall', watchStall],
    ] as const;
    for (const [how, share] of ends) {
      if (drawn < share && this.#happens(`watch ${how}`)) {
        fate.end = { afterMs: -Math.log(1 - chance.next()) * watchSpanMs, how };
        break;
      }
      drawn -= share;
    }
    if (chance.hits(watchReplay) && this.#happens('watch replay')) fate.replay = chance.whole(1, 10);
    return fate;
  }

  #fault(isWrite: boolean, intensity: number): RequestFate['fault'] {
    const rates = this.#rates;
    let drawn = this.#chance.next() / intensity;
    const takes = (share: number, kind: string): boolean => {
      const hit = drawn < share;
      drawn = hit ? 1 : drawn - share;
      return hit && this.#happens(kind);
    };
    if (takes(rates.refuse, 'refuse')) return 'refuse';
    if (takes(rates.lose, 'lose')) return 'lose';
    if (takes(rates.hang, 'hang')) return 'hang';
    if (isWrite && takes(rates.conflict, '409')) return { answer: statusAnswer(409, 'Conflict'), done: false };
    if (takes(rates.tooMany, '429')) return { answer: statusAnswer(429, 'TooManyRequests'), done: false };
    if (takes(rates.internal, '500')) return { answer: statusAnswer(500, 'InternalError'), done: false };
    if (takes(rates.timeout, '504')) return { answer: statusAnswer(504, 'Timeout'), done: false };
    if (takes(rates.doneButError, 'done but 5xx')) {
      return {
        answer: this.#chance.hits(0.5) ? statusAnswer(500, 'InternalError') : statusAnswer(504, 'Timeout'),
        done: true,
      };
    }
    return undefined;
  }

  #happens(kind: string): boolean {
    if (this.#budget <= 0) return false;
    this.#budget--;
    this.counts[kind] = (this.counts[kind] ?? 0) + 1;
    return true;
  }
}

/** An answer with a Status, as an API server (or something before it) gives it. */
function statusAnswer(code: number, reason: string): HttpResponse {
  const status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', reason, code };
  const body = Buffer.from(JSON.stringify({ ...status, message: `simulated ${reason}` }));
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  if (code === 429) headers['retry-after'] = '1';
  return { status: code, headers, body };
}
