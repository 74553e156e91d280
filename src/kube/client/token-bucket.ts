import type { Clock } from '../../base/clock.ts';

/** `--kube-api-qps` and `--kube-api-burst`: so many requests a second, and so many at once after a quiet time. */
export class TokenBucket {
  readonly #clock: Clock;
  readonly #qps: number;
  readonly #burst: number;
  /** At most #burst. Below 0: tokens that are promised to requests which wait for their time to come. */
  #tokens: number;
  #filledAt: number;

  constructor(options: { clock: Clock; qps: number; burst: number }) {
    const { clock, qps, burst } = options;
    if (!(qps > 0)) throw new RangeError(`qps must be more than 0, not ${qps}`);
    if (!(burst >= 1)) throw new RangeError(`burst must be at least 1, not ${burst}`);
    this.#clock = clock;
    this.#qps = qps;
    this.#burst = burst;
    this.#tokens = burst;
    this.#filledAt = clock.monotonic();
  }

  /** Takes one token; returns how many milliseconds the request has to wait for it. Earlier callers wait less. */
  take(): number {
    const now = this.#clock.monotonic();
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#filledAt) / 1000) * this.#qps);
    this.#filledAt = now;
    this.#tokens -= 1;
    return this.#tokens >= 0 ? 0 : (-this.#tokens / this.#qps) * 1000;
  }
}
