/** What ends an exchange early: as much of an AbortSignal as that takes. */
export interface CancelSignal {
  readonly aborted: boolean;
  addEventListener(type: 'abort', listener: () => void, options?: { once?: boolean }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/** One HTTP exchange with the API server, below everything that knows Kubernetes. */
export interface HttpRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path with query, as it goes on the wire. */
  path: string;
  headers: Readonly<Record<string, string>>;
  body?: Uint8Array | undefined;
  /** Ends the exchange; the promise then rejects with a TransportError of kind `aborted`. */
  signal?: CancelSignal | undefined;
  /**
   * Asked when the request goes onto the wire, which may be long after it was made: false, and it is not sent; the
   * promise then rejects with a TransportError of kind `aborted` or `broken`.
   */
  wanted?: (() => boolean) | undefined;
}

/** Header names are lower-case. */
export type HttpHeaders = Readonly<Record<string, string>>;

export interface HttpResponse {
  status: number;
  headers: HttpHeaders;
  body: Uint8Array;
}

/** Where a streamed answer goes. Calls come in order: `onResponse` once, then `onData` any number of times. */
export interface StreamSink {
  onResponse(status: number, headers: HttpHeaders): void;
  /** The chunk may be reused after the call: copy what is kept. */
  onData(chunk: Uint8Array): void;
}

/**
 * The seam to the network: HTTP/2 in production, a call into the embedded API server in the simulator.
 * One transport is one connection with one purpose (volumes; lease), opened on first use and again after it broke.
 */
export interface HttpTransport {
  /** Resolves with the whole answer, whatever its status. Rejects with TransportError only. */
  request(request: HttpRequest): Promise<HttpResponse>;
  /** Resolves when the server ended the stream cleanly, rejects with TransportError when it broke. */
  stream(request: HttpRequest, sink: StreamSink): Promise<void>;
  /** Lets go of the connection: what is under way ends with TransportError, and later requests do too. */
  close(): void;
}

/**
 * No answer. `sent` says whether any byte of the request may have reached the server: if so, a write may have been
 * done.
 */
export class TransportError extends Error {
  readonly kind: 'refused' | 'broken' | 'timeout' | 'aborted' | 'closed';
  readonly sent: boolean;

  constructor(kind: TransportError['kind'], message: string, options: { sent: boolean; cause?: unknown }) {
    super(message, { cause: options.cause });
    this.name = 'TransportError';
    this.kind = kind;
    this.sent = options.sent;
  }
}
