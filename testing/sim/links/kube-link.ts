import {
  type HttpHeaders,
  type HttpRequest,
  type HttpResponse,
  type HttpTransport,
  type StreamSink,
  TransportError,
} from '../../../src/kube/client/transport.ts';
import type { AnswerHeaders, CoreAnswer } from '../../apiserver/answers.ts';
import type { ApiSide } from '../cluster/api-side.ts';
import type { SimProcess } from '../replica/sim-process.ts';
import { Exchange } from './exchange.ts';
import type { Lane } from './network.ts';
import { WatchDelivery } from './watch-delivery.ts';

export interface KubeLinkOptions {
  api: ApiSide;
  lane: Lane;
  process: SimProcess;
}

/** One attacher's connection to the API server, through a network that delays, loses and breaks. */
export class KubeLink implements HttpTransport {
  readonly #api: ApiSide;
  readonly #lane: Lane;
  readonly #process: SimProcess;
  readonly #open = new Set<Exchange<unknown>>();
  /** Which of the API's servers it is connected to; chosen anew after a break. */
  #frontend: number | undefined;
  #closed = false;

  constructor({ api, lane, process }: KubeLinkOptions) {
    this.#api = api;
    this.#lane = lane;
    this.#process = process;
    lane.onBreak(() => this.breakAll('broken'));
  }

  /** Exchanges under way. */
  get underWay(): number {
    return this.#open.size;
  }

  request(request: HttpRequest): Promise<HttpResponse> {
    return this.#begin<HttpResponse>(request, (exchange) => {
      const fate = this.#api.fate(request, this.#process);
      const { fault } = fate;
      if (fault === 'refuse') return this.#breakLater(exchange, fate.upMs, false);
      this.#lane.cross(fate.upMs, () => {
        if (exchange.calledOff) return;
        const isDone = fault === undefined || typeof fault === 'string' || fault.done;
        const answer = isDone ? this.#api.handle(this.#process, request, this.#frontend ?? 0) : undefined;
        if (fault === 'hang') return;
        if (fault === 'lose') return this.#breakLater(exchange, fate.downMs, true);
        if (fault !== undefined) return this.#answer(exchange, fate.downMs, fault.answer);
        if (answer !== undefined) this.#settle(exchange, answer, fate.downMs);
      });
    });
  }

  stream(request: HttpRequest, sink: StreamSink): Promise<void> {
    return this.#begin<void>(request, (exchange) => {
      const fate = this.#api.fate(request, this.#process);
      const { fault } = fate;
      if (fault === 'refuse') return this.#breakLater(exchange, fate.upMs, false);
      this.#lane.cross(fate.upMs, () => {
        if (exchange.calledOff || fault === 'hang') return;
        if (fault === 'lose') return this.#breakLater(exchange, fate.downMs, true);
        if (fault !== undefined) {
          const { status, headers, body } = fault.answer;
          return this.#refuseStream(exchange, sink, fate.downMs, { status, headers, body });
        }
        this.#openStream(exchange, request, sink, fate.downMs);
      });
    });
  }

  close(): void {
    this.#closed = true;
    this.breakAll('closed');
  }

  /** The process is gone: the server hears that its connections are closed. */
  abandon(): void {
    for (const exchange of [...this.#open]) exchange.abandon();
  }

  /** Everything under way ends with an error; the next request opens a connection anew. */
  breakAll(kind: TransportError['kind']): void {
    this.#frontend = undefined;
    for (const exchange of [...this.#open]) {
      if (kind === 'closed') exchange.fail(new TransportError('closed', 'the transport is closed', { sent: true }));
      else this.#breakLater(exchange, 0, true);
    }
  }

  #begin<T>(request: HttpRequest, send: (exchange: Exchange<T>) => void): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#closed) return reject(new TransportError('closed', 'the transport is closed', { sent: false }));
      if (request.signal?.aborted) return reject(new TransportError('aborted', 'aborted', { sent: false }));
      // What has been cancelled may be in the server's hands already.
      const comesTooLate = this.#api.chance.hits(0.5);
      const exchange = new Exchange<T>({ signal: request.signal, resolve, reject, comesTooLate });
      this.#open.add(exchange as Exchange<unknown>);
      exchange.onOver(() => this.#open.delete(exchange as Exchange<unknown>));
      this.#process.toWire(() => this.#toWire(request, exchange, send));
    });
  }

  #toWire<T>(request: HttpRequest, exchange: Exchange<T>, send: (exchange: Exchange<T>) => void): void {
    if (exchange.isOver) return;
    if (request.wanted?.() === false) {
      exchange.fail(new TransportError('aborted', 'not wanted any more', { sent: false }));
      return;
    }
    this.#frontend ??= this.#api.chooseFrontend();
    this.#api.sent(this.#process, request);
    if (this.#lane.state === 'reject') this.#breakLater(exchange, 1, false);
    else send(exchange);
  }

  #breakLater<T>(exchange: Exchange<T>, delayMs: number, sent: boolean): void {
    const error = new TransportError(sent ? 'broken' : 'refused', 'the connection broke', { sent });
    this.#process.deliver(delayMs, () => exchange.fail(error));
  }

  #settle(exchange: Exchange<HttpResponse>, answer: CoreAnswer, downMs: number): void {
    if (answer.kind === 'later') {
      this.#api.time.schedule(answer.afterMs, () => this.#settle(exchange, answer.answer(), downMs));
      return;
    }
    if (answer.kind === 'watch') throw new Error('a watch must be read as a stream');
    this.#answer(exchange, downMs, { status: answer.status, headers: plain(answer.headers), body: answer.body });
  }

  #answer(exchange: Exchange<HttpResponse>, downMs: number, response: HttpResponse): void {
    this.#lane.cross(downMs, () => exchange.done(response), this.#process);
  }

  #openStream(exchange: Exchange<void>, request: HttpRequest, sink: StreamSink, downMs: number): void {
    const fate = this.#api.watchFate(this.#process);
    const path = fate.replay > 0 ? earlier(request.path, fate.replay) : request.path;
    const answer = this.#api.handle(this.#process, { ...request, path }, this.#frontend ?? 0);
    if (answer.kind === 'later') throw new Error('a watch is never answered later');
    if (answer.kind === 'done') {
      const response = { status: answer.status, headers: plain(answer.headers), body: answer.body };
      this.#refuseStream(exchange, sink, downMs, response);
      return;
    }
    const delivery = new WatchDelivery({
      ...{ exchange, sink, fate, downMs, lane: this.#lane, process: this.#process, chance: this.#api.chance },
      lagMs: () => this.#api.lagMs(this.#frontend ?? 0),
    });
    delivery.open(plain(answer.headers));
    const watch = answer.open(delivery);
    exchange.onOver(() => watch.stop());
  }

  #refuseStream(exchange: Exchange<void>, sink: StreamSink, downMs: number, response: HttpResponse): void {
    const arrive = (): void => {
      if (exchange.isOver) return;
      sink.onResponse(response.status, response.headers);
      sink.onData(response.body);
      exchange.done();
    };
    this.#lane.cross(downMs, arrive, this.#process);
  }
}

function plain(headers: AnswerHeaders): HttpHeaders {
  const all: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) all[name] = typeof value === 'string' ? value : value.join(', ');
  return all;
}

/** The same watch from `events` versions earlier on. */
function earlier(path: string, events: number): string {
  return path.replace(/([?&]resourceVersion=)(\d+)/, (_all, name: string, version: string) => {
    return `${name}${Math.max(1, Number(version) - events)}`;
  });
}
