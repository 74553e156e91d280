/**
 * The embedded API server as a transport, without network: a client of the simulator talks to it through the same
 * interface that is HTTP/2 in production. What goes wrong on a network is done to requests by an interceptor.
 */
import type { Clock } from '../../src/base/clock.ts';
import {
  type HttpHeaders,
  type HttpRequest,
  type HttpResponse,
  type HttpTransport,
  type StreamSink,
  TransportError,
} from '../../src/kube/client/transport.ts';
import type { AnswerHeaders, CoreAnswer } from './answers.ts';
import type { ApiServer } from './core.ts';
import type { Watch } from './storage/watch.ts';

/** What happens to one exchange, in the order in which the fields stand. */
export interface Fault {
  /** The request needs this long to arrive. */
  delayMs?: number | undefined;
  /** It never arrives. `sent` says whether the client can know that (default: nothing was sent). */
  refuse?: { kind: TransportError['kind']; sent?: boolean } | undefined;
  /** The server answers this, and does nothing. */
  answer?: HttpResponse | undefined;
  /** It is done, but the answer does not come back. */
  loseAnswer?: boolean | undefined;
  /** The answer, and each chunk of a stream, needs this long. */
  answerDelayMs?: number | undefined;
  /** A stream ends after so many chunks: cleanly, or broken. */
  endAfterChunks?: { chunks: number; broken: boolean } | undefined;
}

export interface MemoryTransportOptions {
  server: ApiServer;
  clock: Clock;
  /** Asked before each exchange; undefined lets it pass. */
  intercept?: ((request: HttpRequest) => Fault | undefined) | undefined;
}

const noFault: Fault = {};

/** One connection to the server. */
export class MemoryTransport implements HttpTransport {
  readonly #server: ApiServer;
  readonly #clock: Clock;
  readonly #intercept: (request: HttpRequest) => Fault | undefined;
  /** Ends what is under way. */
  readonly #open = new Set<(error: TransportError) => void>();
  #closed = false;

  constructor(options: MemoryTransportOptions) {
    this.#server = options.server;
    this.#clock = options.clock;
    this.#intercept = options.intercept ?? (() => undefined);
  }

  request(request: HttpRequest): Promise<HttpResponse> {
    return this.#exchange<HttpResponse>(request, (answer, fault, finish) => {
      if (answer.kind === 'watch') {
        const body = Buffer.from('a watch must be read as a stream');
        return finish.done({ status: 400, headers: {}, body });
      }
      if (answer.kind === 'later') throw new Error('an answer that is due cannot be later');
      const { status, body } = answer;
      this.#after(fault.answerDelayMs, () => finish.done({ status, headers: plainHeaders(answer.headers), body }));
    });
  }

  stream(request: HttpRequest, sink: StreamSink): Promise<void> {
    return this.#exchange<void>(request, (answer, fault, finish) => {
      if (answer.kind === 'watch') return this.#deliverWatch(answer, fault, sink, finish);
      if (answer.kind === 'later') throw new Error('an answer that is due cannot be later');
      this.#after(fault.answerDelayMs, () => {
        if (finish.isOver()) return;
        sink.onResponse(answer.status, plainHeaders(answer.headers));
        sink.onData(answer.body);
        finish.done();
      });
    });
  }

  close(): void {
    this.#closed = true;
    this.breakConnection('closed');
  }

  /** Everything under way ends with an error; the next request opens the connection again. */
  breakConnection(kind: TransportError['kind'] = 'broken'): void {
    for (const end of [...this.#open]) end(new TransportError(kind, `the connection is ${kind}`, { sent: true }));
  }

  /** Runs `act` at once where nothing is to be waited for: timers cost, and most exchanges have no delay. */
  #after(delayMs: number | undefined, act: () => void): void {
    if (delayMs === undefined || delayMs <= 0) act();
    else this.#clock.schedule(delayMs, act);
  }

  #exchange<T>(
    request: HttpRequest,
    deliver: (answer: CoreAnswer, fault: Fault, finish: Finish<T>) => void,
  ): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const finish = this.#begin(request, resolve, reject);
      if (this.#closed) return finish.fail(new TransportError('closed', 'the transport is closed', { sent: false }));
      if (request.signal?.aborted) return finish.fail(new TransportError('aborted', 'aborted', { sent: false }));
      const fault = this.#intercept(request) ?? noFault;
      this.#after(fault.delayMs, () => this.#arrive(request, fault, finish, deliver));
    });
  }

  #arrive<T>(
    request: HttpRequest,
    fault: Fault,
    finish: Finish<T>,
    deliver: (answer: CoreAnswer, fault: Fault, finish: Finish<T>) => void,
  ): void {
    if (finish.isOver()) return;
    if (fault.refuse !== undefined) {
      const { kind, sent = false } = fault.refuse;
      finish.fail(new TransportError(kind, `the connection is ${kind}`, { sent }));
      return;
    }
    if (fault.answer !== undefined) {
      deliver({ kind: 'done', ...fault.answer }, fault, finish);
      return;
    }
    this.#settle(this.#server.handle(request), fault, finish, deliver);
  }

  #settle<T>(
    answer: CoreAnswer,
    fault: Fault,
    finish: Finish<T>,
    deliver: (answer: CoreAnswer, fault: Fault, finish: Finish<T>) => void,
  ): void {
    if (answer.kind === 'later') {
      const timer = this.#clock.schedule(answer.afterMs, () => this.#settle(answer.answer(), fault, finish, deliver));
      finish.onOver(() => timer.cancel());
      return;
    }
    if (fault.loseAnswer) {
      finish.fail(new TransportError('broken', 'the connection broke before the answer', { sent: true }));
      return;
    }
    deliver(answer, fault, finish);
  }

  #deliverWatch(answer: CoreAnswer & { kind: 'watch' }, fault: Fault, sink: StreamSink, finish: Finish<void>): void {
    let chunks = 0;
    const deliver = (act: () => void): void => {
      const guarded = (): void => {
        if (!finish.isOver()) act();
      };
      // Never inside the request of another client: a reader must not run in the middle of somebody's write.
      if (fault.answerDelayMs === undefined) queueMicrotask(guarded);
      else this.#clock.schedule(fault.answerDelayMs, guarded);
    };
    deliver(() => sink.onResponse(200, plainHeaders(answer.headers)));
    let watch: Watch | undefined;
    watch = answer.open({
      write: (frame) => {
        deliver(() => {
          sink.onData(frame);
          const limit = fault.endAfterChunks;
          if (limit === undefined || ++chunks < limit.chunks) return;
          watch?.stop();
          if (limit.broken) finish.fail(new TransportError('broken', 'the stream broke', { sent: true }));
          else finish.done();
        });
        return true;
      },
      end: () => deliver(() => finish.done()),
    });
    finish.onOver(() => watch?.stop());
  }

  #begin<T>(request: HttpRequest, resolve: (value: T) => void, reject: (error: TransportError) => void): Finish<T> {
    const cleanups: (() => void)[] = [];
    let over = false;
    const leave = (): boolean => {
      if (over) return false;
      over = true;
      this.#open.delete(fail);
      request.signal?.removeEventListener('abort', aborted);
      for (const cleanup of cleanups) cleanup();
      return true;
    };
    const fail = (error: TransportError): void => {
      if (leave()) reject(error);
    };
    const aborted = (): void => fail(new TransportError('aborted', 'aborted', { sent: true }));
    this.#open.add(fail);
    request.signal?.addEventListener('abort', aborted, { once: true });
    return {
      done: (value) => {
        if (leave()) resolve(value);
      },
      fail,
      isOver: () => over,
      onOver: (cleanup) => void cleanups.push(cleanup),
    };
  }
}

/** The end of one exchange; only the first call counts. */
interface Finish<T> {
  done(value: T): void;
  fail(error: TransportError): void;
  isOver(): boolean;
  onOver(cleanup: () => void): void;
}

function plainHeaders(headers: AnswerHeaders): HttpHeaders {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, typeof value === 'string' ? value : value.join(', ')]),
  );
}
