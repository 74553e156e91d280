import type { Http2Connection } from './connection.ts';
import { ErrorCode, type Headers } from './protocol.ts';
import type { Http2Sink, StreamEnd } from './stream.ts';

/** A request as its owner hands it to a pool, and where its answer goes: `onEnd` is called once, and last. */
export interface PoolRequest {
  /** Called when it is sent, since a header may tell how much time is left. */
  headers(): Headers;
  readonly body: Uint8Array | undefined;
  /** Asked before it is sent, and again when it goes onto the wire: false, and nothing more of it is sent. */
  readonly wanted: (() => boolean) | undefined;
  /** It has an answer whose end nobody waits for, as a watch: it is ended when its connection takes no more requests. */
  readonly isEndless: boolean;
  onHeaders(headers: Headers): void;
  /** The chunk holds only during the call: copy what is kept. */
  onData(chunk: Buffer): void;
  onTrailers(headers: Headers): void;
  /** Without an error the answer is whole. */
  onEnd(error: RequestError | undefined): void;
}

/**
 * No whole answer, because
 * - `connect`: no connection could be made; `invalid`: a header has a value that cannot be sent;
 * - `unwanted`: it was no longer wanted when its turn came; `closed`: the pool was closed;
 * - `reset`: the server ended the stream with the HTTP/2 error `code`;
 * - `lost`: the connection was lost; `draining`: it takes no more requests, and this one would have no end.
 */
export class RequestError extends Error {
  readonly kind: 'connect' | 'invalid' | 'unwanted' | 'closed' | 'reset' | 'lost' | 'draining';
  /** False if surely nothing of the request was processed by the server. */
  readonly sent: boolean;
  readonly code: number;

  constructor(
    kind: RequestError['kind'],
    message: string,
    { sent, code = ErrorCode.NoError, cause }: { sent: boolean; code?: number; cause?: unknown },
  ) {
    super(message, { cause });
    this.name = 'RequestError';
    this.kind = kind;
    this.sent = sent;
    this.code = code;
  }
}

/** Whose line an exchange waits in. */
export interface ExchangeOwner {
  /** How often a request is sent that the server refuses to look at, until that is an error. */
  readonly maxAttempts: number;
  forget(exchange: Exchange): void;
}

/** Told when an exchange's stream no longer counts; `again`: the server has not looked at it, it is to be sent anew. */
export interface ExchangeHost {
  left(exchange: Exchange, again: boolean): void;
}

/** One request and its answer, from the waiting line to the end of its stream. */
export class Exchange implements Http2Sink {
  readonly request: PoolRequest;
  readonly #owner: ExchangeOwner;
  #host: ExchangeHost | undefined;
  #connection: Http2Connection | undefined;
  #streamId = 0;
  #attempts = 0;
  #answered = false;
  #abandoned = false;
  #over = false;

  constructor(request: PoolRequest, owner: ExchangeOwner) {
    this.request = request;
    this.#owner = owner;
  }

  /** Opens a stream for it. Throws TypeError if its headers cannot be sent. */
  start(connection: Http2Connection, host: ExchangeHost): void {
    const { body, wanted } = this.request;
    this.#streamId = connection.request(this.request.headers(), body, this, wanted);
    this.#attempts++;
    this.#connection = connection;
    this.#host = host;
  }

  /** True while it has a stream: the server may have seen it. */
  get sent(): boolean {
    return this.#connection !== undefined;
  }

  /** It was cancelled while it waited for an answer. */
  get abandoned(): boolean {
    return this.#abandoned;
  }

  /** Ends it without a word to its owner; the server is told. */
  cancel(): void {
    if (this.#over) return;
    this.#over = true;
    this.#abandoned = this.sent && !this.#answered;
    this.#giveUpStream();
  }

  /** Ends it with an error, whether it waits or has a stream. */
  fail(error: RequestError): void {
    if (this.#over) return;
    this.#over = true;
    this.request.onEnd(error);
    this.#giveUpStream();
  }

  onHeaders(headers: Headers): void {
    this.#answered = true;
    this.request.onHeaders(headers);
  }

  onData(chunk: Buffer): void {
    this.request.onData(chunk);
  }

  onTrailers(headers: Headers): void {
    this.request.onTrailers(headers);
  }

  onEnd({ complete, code, lost }: StreamEnd): void {
    if (code === ErrorCode.RefusedStream && !this.#answered && this.#attempts < this.#owner.maxAttempts) {
      this.#leave(true);
      return;
    }
    this.#over = true;
    this.request.onEnd(complete ? undefined : failure(code, lost));
    this.#leave(false);
  }

  #giveUpStream(): void {
    if (this.#connection === undefined) {
      this.#owner.forget(this);
      return;
    }
    this.#connection.cancel(this.#streamId);
    this.#leave(false);
  }

  #leave(again: boolean): void {
    const host = this.#host;
    this.#connection = undefined;
    this.#host = undefined;
    host?.left(this, again);
  }
}

function failure(code: number, lost: Error | undefined): RequestError {
  if (lost !== undefined) return new RequestError('lost', lost.message, { sent: true, cause: lost });
  const sent = code !== ErrorCode.RefusedStream;
  return new RequestError('reset', `the stream was closed with code ${code}`, { sent, code });
}
