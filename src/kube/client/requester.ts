import { type Clock, sleep } from '../../base/clock.ts';
import type { Logger } from '../../base/log/logger.ts';
import { type Metrics, noMetrics } from '../../base/metrics.ts';
import { jitter, type Random } from '../../base/random.ts';
import { type Credentials, noCredentials } from '../access/credentials.ts';
import { jsonType, protobufType } from '../codec/envelope.ts';
import { DecodeError } from '../codec/proto-reader.ts';
import { isProtobuf, readError } from './answers.ts';
import { isRefusedByAuthorizer, KubeError, type RequestInfo } from './errors.ts';
import { RequestDeadlines } from './request-deadlines.ts';
import { createRequestMetrics, type RequestMetrics, type RetryReason } from './request-metrics.ts';
import { RequestWindow } from './request-window.ts';
import type { TokenBucket } from './token-bucket.ts';
import {
  type HttpHeaders,
  type HttpRequest,
  type HttpResponse,
  type HttpTransport,
  TransportError,
} from './transport.ts';

export interface RequesterOptions {
  transport: HttpTransport;
  clock: Clock;
  random: Random;
  logger: Logger;
  credentials?: Credentials | undefined;
  metrics?: Metrics | undefined;
  /** Limits the requests a second. Absent: the server's own flow control sets the pace. */
  limiter?: TokenBucket | undefined;
  /** How long one request may take (each try for itself). 30 seconds unless told. */
  timeoutMs?: number | undefined;
  /** Told of each refusal by the authorizer, beside whoever asked. */
  onRefused?: ((error: KubeError) => void) | undefined;
  /** `csi-attacher/<version>`. */
  userAgent?: string | undefined;
}

/** A request as the Kubernetes client sees it. */
export interface KubeRequest {
  readonly info: RequestInfo;
  readonly method: HttpRequest['method'];
  readonly path: string;
  readonly body?: Uint8Array | undefined;
  readonly contentType?: string | undefined;
  /** Ask for JSON even where the server has protobuf. */
  readonly jsonOnly?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Asked before each try, since there may have been a wait: false, and the request is cancelled. */
  readonly wanted?: (() => boolean) | undefined;
}

const protobufOrJson = `${protobufType},${jsonType}`;
/** More tries than this, and the caller's own backoff has to go on. */
const maxTries = 10;
/** What a 429 without Retry-After means, and the longest Retry-After that is waited for here. */
const defaultRetryAfterMs = 1000;
const longestRetryAfterMs = 30_000;

/**
 * Sends requests: puts token and media types on them, gives each a deadline, keeps to the pace that the server (or the
 * configuration) sets, and sends again what the server says to send again.
 */
export class Requester {
  readonly #transport: HttpTransport;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #logger: Logger;
  readonly #credentials: Credentials;
  readonly #limiter: TokenBucket | undefined;
  readonly #timeoutMs: number;
  readonly #userAgent: string;
  readonly #onRefused: (error: KubeError) => void;
  readonly #window = new RequestWindow();
  readonly #metrics: RequestMetrics;
  readonly #deadlines: RequestDeadlines;
  /** False once the server has refused protobuf, or sent some that cannot be read. */
  #protobuf = true;

  constructor(options: RequesterOptions) {
    this.#transport = options.transport;
    this.#clock = options.clock;
    this.#random = options.random;
    this.#logger = options.logger.named('kube/client/requester');
    this.#credentials = options.credentials ?? noCredentials;
    this.#limiter = options.limiter;
    this.#timeoutMs = options.timeoutMs ?? 30_000;
    this.#onRefused = options.onRefused ?? (() => {});
    this.#userAgent = options.userAgent ?? 'csi-attacher';
    this.#deadlines = new RequestDeadlines(options.clock, this.#timeoutMs);
    this.#metrics = createRequestMetrics(options.metrics ?? noMetrics);
  }

  /** Resolves with a good answer (2xx), rejects with KubeError. */
  async send(request: KubeRequest): Promise<HttpResponse> {
    let sentBefore = false;
    let refreshed = false;
    for (let tries = 1; ; tries++) {
      let token = this.token(request.info, sentBefore);
      // Nearly always it is at hand, and waiting for nothing costs more than it seems.
      if (token instanceof Promise) token = await token;
      const response = await this.#try(request, token, sentBefore);
      if (response.status < 300) return response;
      const error = readError(response, request.info);
      sentBefore ||= error.sent;
      const retry = this.#retryReason(error, request);
      if (retry === undefined || tries >= maxTries || (retry === 'unauthorized' && refreshed)) {
        if (isRefusedByAuthorizer(error)) this.#onRefused(error);
        throw sentBefore && !error.sent ? withSent(error) : error;
      }
      this.#metrics.retried(retry);
      if (retry === 'unauthorized') {
        refreshed = true;
        this.#credentials.refused(token);
      } else if (retry === 'not_acceptable') {
        this.fallBackToJson('the server refused protobuf');
      } else await this.#wait(error, request, sentBefore);
    }
  }

  /** Opens a stream; its deadline and its retries are the caller's. Rejects with KubeError. */
  async stream(
    request: KubeRequest,
    sink: { onResponse(status: number, headers: HttpHeaders): void; onData(chunk: Uint8Array): void },
  ): Promise<void> {
    const token = await this.token(request.info, false);
    try {
      await this.#transport.stream(
        { method: 'GET', path: request.path, headers: this.#headers(request, token), signal: request.signal },
        {
          onResponse: (status, headers) => {
            this.#metrics.answered(request.info, String(status));
            if (status === 401) this.#credentials.refused(token);
            sink.onResponse(status, headers);
          },
          onData: (chunk) => sink.onData(chunk),
        },
      );
    } catch (error) {
      throw this.#noAnswer(error, request, false, false);
    }
  }

  /** From now on this client asks for JSON only. */
  fallBackToJson(why: string): void {
    if (!this.#protobuf) return;
    this.#protobuf = false;
    this.#logger.warning('Falling back from protobuf to JSON', { reason: why });
  }

  /** Turns what cannot be read into an error of the request, and protobuf off if it was that. */
  undecodable(error: unknown, response: { headers: HttpHeaders }, info: RequestInfo): unknown {
    if (!(error instanceof DecodeError)) return error;
    if (isProtobuf(response.headers)) this.fallBackToJson(error.message);
    return new KubeError(error.message, { code: 0, reason: 'undecodable', sent: true, request: info, cause: error });
  }

  token(info: RequestInfo, sent: boolean): string | undefined | Promise<string | undefined> {
    const token = this.#credentials.token();
    if (!(token instanceof Promise)) return token;
    return token.catch((cause: unknown) => {
      const message = `no credentials: ${cause instanceof Error ? cause.message : String(cause)}`;
      throw new KubeError(message, { code: 0, reason: 'credentials', sent, request: info, cause });
    });
  }

  /** One exchange, with a place in the window and a deadline of its own. Rejects if there was no answer. */
  async #try(request: KubeRequest, token: string | undefined, sentBefore: boolean): Promise<HttpResponse> {
    const turn = this.#turn(request, sentBefore);
    if (turn !== undefined) await turn;
    this.#ask(request, sentBefore);
    const mark = this.#window.mark();
    const deadline = this.#deadlines.begin(request.signal);
    let response: HttpResponse;
    try {
      response = await this.#transport.request({
        method: request.method,
        path: request.path,
        headers: this.#headers(request, token),
        body: request.body,
        signal: deadline,
        wanted: request.wanted,
      });
    } catch (error) {
      this.#window.leave(false);
      throw this.#noAnswer(error, request, deadline.passed, sentBefore);
    } finally {
      this.#deadlines.end(deadline, request.signal);
    }
    if (response.status === 429) this.#window.overloaded(mark);
    else this.#window.leave(true);
    this.#metrics.answered(request.info, String(response.status));
    return response;
  }

  /** Asks whether the request may still be sent; gives its place back if not. */
  #ask(request: KubeRequest, sent: boolean): void {
    if (request.wanted === undefined || request.wanted()) return;
    this.#window.leave(false);
    throw aborted(request, sent);
  }

  /** Takes a place in the window. Undefined: there is one at once, which is the rule. Throws, or rejects, if cancelled. */
  #turn(request: KubeRequest, sent: boolean): Promise<void> | undefined {
    const delayMs = this.#limiter?.take() ?? 0;
    return delayMs > 0 ? this.#afterLimit(request, sent, delayMs) : this.#enter(request, sent);
  }

  async #afterLimit(request: KubeRequest, sent: boolean, delayMs: number): Promise<void> {
    this.#metrics.waited('limit', delayMs);
    await sleep(this.#clock, delayMs, request.signal);
    await this.#enter(request, sent);
  }

  #enter(request: KubeRequest, sent: boolean): Promise<void> | undefined {
    if (request.signal?.aborted) throw aborted(request, sent);
    const place = this.#window.enter(request.signal);
    return place && this.#waitFor(place, request, sent);
  }

  async #waitFor(place: Promise<boolean>, request: KubeRequest, sent: boolean): Promise<void> {
    const start = this.#clock.monotonic();
    const admitted = await place;
    this.#metrics.waited('window', this.#clock.monotonic() - start);
    if (!admitted) throw aborted(request, sent);
  }

  /** Waits as long as the server asked for, and a little more, so that those sent away together come back apart. */
  async #wait(error: KubeError, request: KubeRequest, sent: boolean): Promise<void> {
    const askedMs = Math.min(longestRetryAfterMs, error.retryAfterMs ?? defaultRetryAfterMs);
    const delayMs = jitter(this.#random, askedMs, 0.25);
    this.#metrics.waited('throttled', delayMs);
    this.#logger.debug(4, 'The API server asks to wait', { code: error.code, delayMs, path: request.path });
    await sleep(this.#clock, delayMs, request.signal);
    if (request.signal?.aborted) throw aborted(request, sent);
  }

  #retryReason(error: KubeError, request: KubeRequest): RetryReason | undefined {
    if (error.code === 429) return 'throttled';
    if (error.code === 503 && error.retryAfterMs !== undefined) return 'unavailable';
    if (error.code === 401) return 'unauthorized';
    if (error.code === 406 && this.#asksForProtobuf(request)) return 'not_acceptable';
    return undefined;
  }

  #asksForProtobuf(request: KubeRequest): boolean {
    return this.#protobuf && request.jsonOnly !== true;
  }

  #headers(request: KubeRequest, token: string | undefined): Record<string, string> {
    const headers: Record<string, string> = {
      accept: this.#asksForProtobuf(request) ? protobufOrJson : jsonType,
      'user-agent': this.#userAgent,
    };
    if (token !== undefined) headers.authorization = `Bearer ${token}`;
    if (request.contentType !== undefined) headers['content-type'] = request.contentType;
    return headers;
  }

  #noAnswer(error: unknown, request: KubeRequest, timedOut: boolean, sentBefore: boolean): unknown {
    if (!(error instanceof TransportError)) return error;
    const reason = timedOut ? 'timeout' : error.kind;
    this.#metrics.answered(request.info, reason);
    const message = timedOut ? `no answer within ${this.#timeoutMs / 1000}s` : error.message;
    const sent = error.sent || sentBefore;
    return new KubeError(message, { code: 0, reason, sent, request: request.info, cause: error });
  }
}

/** An earlier try of the same request may have been done, whatever the last one was told. */
function withSent(error: KubeError): KubeError {
  const { code, reason, retryAfterMs, details, request } = error;
  return new KubeError(error.message, { code, reason, retryAfterMs, details, request, sent: true });
}

function aborted(request: KubeRequest, sent: boolean): KubeError {
  return new KubeError('the request was cancelled', { code: 0, reason: 'aborted', sent, request: request.info });
}
