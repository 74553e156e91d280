import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import {
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import grpc from '@grpc/grpc-js';
import { StatusError } from '../../../src/grpc/status.ts';
import { csiTransport } from '../../../src/platform/csi-transport.ts';
import { FakeClock } from '../fake-clock.ts';

export const method = '/test.Service/Call';
export const limits = { timeoutMs: 10_000 };

/** A transport to a socket that need not exist yet, closed at the end of the test with nothing left behind. */
export function setUp(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'csi-grpc-'));
  const socketPath = join(folder, 'csi.sock');
  const clock = new FakeClock();
  const transport = csiTransport({ socketPath, clock });
  let disconnects = 0;
  const disconnected = Promise.withResolvers<void>();
  transport.onDisconnect(() => {
    disconnects++;
    disconnected.resolve();
  });
  t.after(() => {
    transport.close();
    rmSync(folder, { recursive: true });
    assert.equal(clock.pendingTimers, 0, 'a timer was left behind');
  });
  return { socketPath, clock, transport, disconnected: disconnected.promise, disconnects: () => disconnects };
}

type Handler = (call: grpc.ServerUnaryCall<Buffer, Buffer>, callback: grpc.sendUnaryData<Buffer>) => void;

/** grpc-js as the other side: what it says is what gRPC is. */
export async function grpcServer(
  t: TestContext,
  socketPath: string,
  handler: Handler,
  options: grpc.ServerOptions = {},
) {
  const raw = (bytes: Buffer): Buffer => bytes;
  const definition = {
    call: {
      path: method,
      requestStream: false,
      responseStream: false,
      requestSerialize: raw,
      requestDeserialize: raw,
      responseSerialize: raw,
      responseDeserialize: raw,
    },
  } as const;
  const server = new grpc.Server({ 'grpc.max_send_message_length': -1, ...options });
  server.addService(definition, { call: handler });
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(`unix:${socketPath}`, grpc.ServerCredentials.createInsecure(), (error) =>
      error ? reject(error) : resolve(),
    );
  });
  t.after(() => server.forceShutdown());
  return server;
}

/** HTTP/2 by hand: for what no gRPC server would do. */
export async function http2Server(
  t: TestContext,
  socketPath: string,
  onStream: (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void,
) {
  const server: Http2Server = createServer();
  const sessions = new Set<ServerHttp2Session>();
  server.on('session', (session) => {
    sessions.add(session);
    session.on('error', () => {});
    session.on('close', () => sessions.delete(session));
  });
  server.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    stream.on('error', () => {});
    stream.resume();
    onStream(stream, headers);
  });
  server.listen(socketPath);
  await once(server, 'listening');
  t.after(async () => {
    for (const session of sessions) session.destroy();
    server.close();
  });
  return { server, sessions };
}

export function answerOk(stream: ServerHttp2Stream, body: Uint8Array, headers: Record<string, string> = {}): void {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc', ...headers }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
  stream.end(body);
}

export async function failure(call: Promise<unknown>): Promise<StatusError> {
  const error = await call.then(
    () => assert.fail('the call succeeded'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof StatusError, `${error} is no StatusError`);
  return error;
}
