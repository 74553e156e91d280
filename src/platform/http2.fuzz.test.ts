import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer as createHttp2Server, type Http2Server } from 'node:http2';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { fuzz, pick } from '../../testing/support/fuzz.ts';
import { inPieces, mutateBytes, randomBytes } from '../../testing/support/mutate.ts';
import type { Random } from '../base/random.ts';
import { CsiError } from '../csi/errors.ts';
import { frame } from '../grpc/framing.ts';
import { TransportError } from '../kube/client/transport.ts';
import { systemClock } from './clock.ts';
import { csiTransport } from './csi-transport.ts';
import { Http2Transport } from './http2-transport.ts';

// Real connections to a server that sends what a real one has sent, with mistakes in it.

const folder = mkdtempSync(join(tmpdir(), 'csi-http2-fuzz-'));
after(() => rmSync(folder, { recursive: true }));

/** What a good server wrote to one connection: in each turn, what came after the client had written something. */
type Turns = readonly Buffer[];
let fromApiServer: Turns;
let fromDriver: Turns;

before(async () => {
  const request = { method: 'GET' as const, path: '/version', headers: { accept: 'application/json' } };
  fromApiServer = await record(async (proxy) => {
    const transport = http2Transport(await listening(proxy));
    for (let requests = 0; requests < 3; requests++) await transport.request(request);
    transport.close();
  });
  fromDriver = await record(async (proxy) => {
    const socketPath = join(folder, 'good.sock');
    proxy.listen(socketPath);
    const transport = csiTransport({ socketPath, clock: systemClock });
    for (let calls = 0; calls < 3; calls++) await transport.unary('/a/b', Buffer.from('x'), { timeoutMs: 5_000 });
    transport.close();
  });
});

/** Lets `use` talk through a proxy to a good server and keeps what comes back. */
async function record(use: (proxy: Server) => Promise<void>): Promise<Turns> {
  const server = createHttp2Server();
  server.on('stream', (stream) => {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0', 'grpc-message': 'fine' }));
    stream.end(frame(Buffer.from('an answer of some length')));
  });
  const { port } = await listening(server);
  const turns: Buffer[] = [];
  const proxy = createServer((client) => {
    const target = connect(Number(port), '127.0.0.1');
    client.on('data', () => turns.push(Buffer.alloc(0)));
    target.on('data', (chunk) => turns.push(Buffer.concat([turns.pop() ?? Buffer.alloc(0), chunk])));
    target.on('error', () => {});
    client.on('error', () => {});
    client.pipe(target).pipe(client);
  });
  await use(proxy);
  proxy.close();
  server.close();
  return turns;
}

function http2Transport(server: URL): Http2Transport {
  return new Http2Transport({
    ...{ access: { endpoint: async () => ({ server, tls: {} }) }, clock: systemClock },
    ...{ connectTimeoutMs: 2_000, pingIntervalMs: 500, pingTimeoutMs: 500 },
  });
}

async function listening(server: Server | Http2Server): Promise<URL> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
}

/** A server that writes what a good one wrote, turn by turn, with mistakes in one of them or more; then it hangs up. */
function badServer(random: Random, good: Turns): Server {
  return createServer((socket) => {
    const turns = good.map((turn) => (random.next() < 0.25 ? mutateBytes(random, turn, good) : turn));
    if (random.next() < 0.1) turns[0] = randomBytes(random, 500);
    let turn = 0;
    let patience: NodeJS.Timeout | undefined;
    socket.on('error', () => {});
    socket.on('close', () => clearTimeout(patience));
    socket.on('data', () => {
      for (const piece of inPieces(random, turns[turn++] ?? Buffer.alloc(0))) socket.write(piece);
      clearTimeout(patience);
      patience = setTimeout(() => socket.end(), 20);
    });
  });
}

fuzz('whatever an API server writes, a request ends with an answer or with a TransportError', 150, async (random) => {
  const server = badServer(random, fromApiServer);
  const transport = http2Transport(await listening(server));
  const seen: unknown[] = [];
  const sink = { onResponse: (status: number) => seen.push(status), onData: (chunk: Uint8Array) => seen.push(chunk) };
  const one = { method: 'GET' as const, path: '/version', headers: {} };
  const results = await Promise.allSettled([
    transport.request(one),
    transport.request(one),
    transport.stream(one, sink),
  ]);
  for (const result of results) {
    if (result.status === 'rejected') assert.ok(result.reason instanceof TransportError, String(result.reason));
  }
  transport.close();
  server.close();
});

fuzz('whatever a driver writes, a call ends with an answer or with a CsiError', 150, async (random, run) => {
  const socketPath = join(folder, `${run}.sock`);
  const server = badServer(random, fromDriver);
  server.listen(socketPath);
  await once(server, 'listening');
  const transport = csiTransport({ socketPath, clock: systemClock });
  const limits = { timeoutMs: pick(random, [300, 2_000]) };
  const calls = [1, 2, 3].map(() => transport.unary('/test.Service/Call', Buffer.from('x'), limits));
  for (const result of await Promise.allSettled(calls)) {
    if (result.status === 'fulfilled') assert.ok(result.value instanceof Uint8Array);
    else assert.ok(result.reason instanceof CsiError, String(result.reason));
  }
  transport.close();
  server.close();
});
