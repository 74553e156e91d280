import type { Clock } from '../../base/clock.ts';
import {
  type HttpRequest,
  type HttpResponse,
  type HttpTransport,
  type StreamSink,
  TransportError,
} from '../../kube/client/transport.ts';
import { Http2Transport, WithoutHttp2 } from '../http2-transport.ts';
import type { KubeTransportOptions } from '../platform.ts';
import type { Http1Transport } from './http1-transport.ts';

/**
 * Requests to the API server in the version of HTTP that it speaks. HTTP/2 is asked for with every connection until the
 * server has chosen HTTP/1.1, and again when that does not work any more. When what connections are made with has
 * changed, new ones are made.
 */
export class KubeTransport implements HttpTransport {
  readonly #options: KubeTransportOptions & { readonly clock: Clock };
  readonly #http2: Http2Transport;
  /** Made, and its code loaded, by the first server that wants it. */
  #http1: Promise<Http1Transport> | undefined;
  #version: '2' | '1.1';
  #closed = false;

  constructor(options: KubeTransportOptions & { readonly clock: Clock }) {
    const { access, clock, http, onConnect } = options;
    this.#options = options;
    this.#version = http === '1.1' ? '1.1' : '2';
    this.#http2 = new Http2Transport({ access, clock, offerHttp1: http === 'auto', onConnect: () => onConnect('2') });
    access.onChange(() => this.#redial());
  }

  request(request: HttpRequest): Promise<HttpResponse> {
    return this.#send(request, (transport) => transport.request(request));
  }

  stream(request: HttpRequest, sink: StreamSink): Promise<void> {
    return this.#send(request, (transport) => transport.stream(request, sink));
  }

  close(): void {
    this.#closed = true;
    this.#http2.close();
    void this.#http1?.then((http1) => http1.close());
  }

  async #send<T>(request: HttpRequest, send: (transport: HttpTransport) => Promise<T>): Promise<T> {
    if (this.#version === '2') {
      try {
        return await send(this.#http2);
      } catch (error) {
        if (!isWithoutHttp2(error) || this.#options.http === '2' || request.signal?.aborted === true) throw error;
        this.#version = '1.1';
      }
    }
    try {
      return await send(await this.#toHttp1());
    } catch (error) {
      // Whoever is there next may speak another version.
      if (error instanceof TransportError && error.kind === 'refused') this.#forgetVersion();
      throw error;
    }
  }

  async #toHttp1(): Promise<Http1Transport> {
    this.#http1 ??= this.#makeHttp1();
    const http1 = await this.#http1;
    if (this.#closed) http1.close();
    return http1;
  }

  async #makeHttp1(): Promise<Http1Transport> {
    const { Http1Transport } = await import('./http1-transport.ts');
    const { access, clock, onConnect } = this.#options;
    return new Http1Transport({ access, clock, onConnect: () => onConnect('1.1') });
  }

  #redial(): void {
    this.#http2.redial();
    void this.#http1?.then((http1) => http1.redial());
    this.#forgetVersion();
  }

  #forgetVersion(): void {
    if (this.#options.http === 'auto') this.#version = '2';
  }
}

function isWithoutHttp2(error: unknown): boolean {
  return error instanceof TransportError && error.cause instanceof WithoutHttp2;
}
