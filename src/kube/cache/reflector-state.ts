import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log/logger.ts';
import type { Metrics } from '../../base/metrics.ts';
import type { Random } from '../../base/random.ts';
import type { ObjectMeta } from '../api/objects.ts';
import type { KubeClient } from '../client/client.ts';
import type { Resource } from '../codec/resources.ts';

export interface ReflectorOptions<T extends ObjectMeta> {
  client: KubeClient;
  resource: Resource<T>;
  clock: Clock;
  random: Random;
  logger: Logger;
  metrics?: Metrics | undefined;
  /** Objects for which this is false are as good as absent. */
  keep?: ((object: T) => boolean) | undefined;
  /** A server that has no such resource at all counts as one that has no such objects, until it has. */
  optional?: boolean | undefined;
  /** Every so many milliseconds all objects are told again; 0 or absent: never. */
  resyncMs?: number | undefined;
}

/**
 * Where the reflector is. Each case holds what is valid only there; `next` of a pause is where it goes on.
 *
 * - `listing`: reading pages into `found`, of which nobody sees anything before the last one is in.
 * - `watching`: following the events after the store's version.
 * - `verifying`: a watch has brought nothing at all; is there nothing, or does the server not know our version?
 * - `pausing`: something failed; waiting before the next try.
 */
export type State<T> = Listing<T> | { name: 'watching' } | { name: 'verifying' } | Pausing<T>;

export interface Listing<T> {
  name: 'listing';
  found: T[];
  /** Undefined before the first page. */
  continueToken: string | undefined;
  /** Any version the server has that is not older than ours, or surely the newest one. */
  freshness: 'not-older' | 'newest';
  /** Objects on a page; 0: all at once, because tokens expire faster than pages can be read. */
  limit: number;
}

interface Pausing<T> {
  name: 'pausing';
  delayMs: number;
  next: State<T>;
}
