import assert from 'node:assert/strict';
import type { Clock, Timer } from '../../../src/base/clock.ts';
import type { TlsMaterial } from '../../../src/kube/access/access.ts';
import { type HttpRequest, type StreamSink, TransportError } from '../../../src/kube/client/transport.ts';
import { systemClock } from '../../../src/platform/clock.ts';
import { Http2Transport, type Http2TransportOptions } from '../../../src/platform/http2-transport.ts';
import { type Http2Handler, TestHttp2Server, testCertificate } from './http2-server.ts';

/** Closed after each test, in the order of their making. */
export const closing: (() => Promise<void> | void)[] = [];

export async function closeAll(): Promise<void> {
  for (const close of closing.splice(0)) await close();
}

export async function serve(
  handler: Http2Handler,
  options: Parameters<typeof TestHttp2Server.start>[1] = {},
): Promise<TestHttp2Server> {
  const server = await TestHttp2Server.start(handler, options);
  closing.push(() => server.close());
  return server;
}

/** The real clock, which knows whether anybody left a timer behind. */
class CountingClock implements Clock {
  pending = 0;
  now = systemClock.now;
  monotonic = systemClock.monotonic;
  boot = systemClock.boot;
  schedule(delayMs: number, action: () => void): Timer {
    this.pending++;
    let waits = true;
    const done = (): void => {
      if (waits) this.pending--;
      waits = false;
    };
    const timer = systemClock.schedule(delayMs, () => {
      done();
      action();
    });
    return {
      cancel: () => {
        done();
        timer.cancel();
      },
    };
  }
}

export function connect(
  server: URL,
  options: Partial<Http2TransportOptions> & { tls?: TlsMaterial } = {},
): Http2Transport {
  const clock = new CountingClock();
  const { tls = { ca: testCertificate().caPem }, ...others } = options;
  const transport = new Http2Transport({ access: { endpoint: async () => ({ server, tls }) }, clock, ...others });
  closing.unshift(() => {
    transport.close();
    assert.equal(clock.pending, 0, 'timers are left');
  });
  return transport;
}

export function get(path: string, fields: Partial<HttpRequest> = {}): HttpRequest {
  return { method: 'GET', path, headers: {}, ...fields };
}

export async function failure(promise: Promise<unknown>): Promise<TransportError> {
  const error = await promise.then(
    () => assert.fail('it did not fail'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof TransportError, String(error));
  return error;
}

export const echo: Http2Handler = (stream, headers) => {
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  stream.on('end', () => {
    stream.respond({ ':status': 200, 'content-type': 'text/plain', 'x-path': String(headers[':path']) });
    stream.end(`${headers[':method']} ${Buffer.concat(chunks)}`);
  });
};

export class Collector implements StreamSink {
  text = '';
  status = 0;
  readonly #opened = Promise.withResolvers<void>();

  get opened(): Promise<void> {
    return this.#opened.promise;
  }

  onResponse(status: number): void {
    this.status = status;
    this.#opened.resolve();
  }

  onData(chunk: Uint8Array): void {
    this.text += Buffer.from(chunk).toString();
  }
}
