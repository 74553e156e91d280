import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before } from 'node:test';
import { fuzz, pick } from '../../testing/support/fuzz.ts';
import { inPieces, mutateText, randomBytes } from '../../testing/support/mutate.ts';
import { noLogger } from '../base/log/logger.ts';
import type { Random } from '../base/random.ts';
import { Health } from '../server/health.ts';
import { createMetrics } from '../server/metrics.ts';
import { createRouter } from '../server/routes.ts';
import { HttpServer } from './http-server.ts';

let server: HttpServer;
let port: number;

before(async () => {
  const health = new Health();
  health.set('leader-election', 'live', () => undefined);
  const router = createRouter({
    ...{ health, metrics: createMetrics(), metricsPath: '/metrics' },
    inspect: { attachments: () => [{ name: 'va' }] },
  });
  const serves = { metrics: true, health: true, debug: true };
  const listen = { host: '127.0.0.1', port: 0, text: ':0', flag: 'http-endpoint', serves, fatalIfInUse: true };
  server = await HttpServer.start({ addresses: [listen], router, logger: noLogger });
  port = server.bound[0]?.address.port ?? 0;
});
after(() => server.close());

const requests = [
  'GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n',
  'GET /healthz/leader-election?verbose&exclude=a HTTP/1.1\r\nhost: x\r\naccept: */*\r\n\r\n',
  'HEAD /metrics HTTP/1.1\r\nhost: x\r\nconnection: keep-alive\r\n\r\n',
  'POST /debug/attachments HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999999\r\n\r\nabc',
  'GET //x?%zz&exclude=%ff HTTP/1.1\r\nhost: x\r\n\r\n',
  'PUT /livez HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nffffffff\r\nabc',
];

function badRequest(random: Random): Buffer {
  if (random.next() < 0.1) return randomBytes(random, 300);
  const text = pick(random, requests);
  return Buffer.from(random.next() < 0.8 ? mutateText(random, text) : text);
}

fuzz('whatever a client writes, the next one is answered', 300, async (random) => {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.resume();
  for (const piece of inPieces(random, badRequest(random))) socket.write(piece);
  if (random.next() < 0.5) socket.end();
  const response = await fetch(`http://127.0.0.1:${port}/healthz`);
  assert.equal(response.status, 200);
  assert.equal(await response.text(), 'ok');
  socket.destroy();
  if (!socket.closed) await once(socket, 'close');
});
