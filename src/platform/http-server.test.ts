import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { createLogger } from '../base/log/create-logger.ts';
import type { Logger } from '../base/log/logger.ts';
import { Health } from '../server/health.ts';
import { createMetrics } from '../server/metrics.ts';
import { registerProcessMetrics } from '../server/process-metrics.ts';
import { createRouter, type Router } from '../server/routes.ts';
import { HttpServer, type Listen } from './http-server.ts';
import { processStatsReader } from './process-stats.ts';

const all = { metrics: true, health: true, debug: true };
const healthOnly = { metrics: false, health: true, debug: false };

function listen(options: Partial<Listen> = {}): Listen {
  return { host: '127.0.0.1', port: 0, text: ':0', flag: 'metrics-addr', serves: all, fatalIfInUse: true, ...options };
}

function capture(): { logger: Logger; lines: string[] } {
  const lines: string[] = [];
  const write = (line: string): void => void lines.push(line);
  return { lines, logger: createLogger({ format: 'text', verbosity: 0, clock: { now: () => 0 }, pid: 1, write }) };
}

async function start(
  t: TestContext,
  addresses: Listen[],
  router?: Router,
): Promise<{ urls: string[]; lines: string[] }> {
  const metrics = createMetrics();
  registerProcessMetrics(metrics, processStatsReader());
  const { logger, lines } = capture();
  const ours = router ?? createRouter({ health: new Health(), metrics, metricsPath: '/metrics' });
  const server = await HttpServer.start({ addresses, router: ours, logger });
  t.after(() => server.close());
  return { lines, urls: server.bound.map(({ address }) => `http://127.0.0.1:${address.port}`) };
}

/** A port that something else listens on until the test ends. */
async function takenPort(t: TestContext): Promise<number> {
  const other: Server = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  t.after(() => other.close());
  return (other.address() as AddressInfo).port;
}

test('metrics and health are served on real sockets, each address with its own', async (t) => {
  const { urls, lines } = await start(t, [listen(), listen({ flag: 'health-addr', serves: healthOnly })]);
  const scrape = await fetch(`${urls[0]}/metrics`);
  assert.equal(scrape.status, 200);
  assert.equal(scrape.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
  const text = await scrape.text();
  for (const name of ['cpu_seconds_total', 'resident_memory_bytes', 'open_fds', 'start_time_seconds']) {
    assert.match(text, new RegExp(`^process_${name} [0-9.e+]+$`, 'm'));
  }
  assert.equal((await fetch(`${urls[1]}/metrics`)).status, 404);
  for (const url of urls) assert.equal(await (await fetch(`${url}/healthz/leader-election`)).text(), 'ok');
  assert.match(await (await fetch(`${urls[1]}/readyz?verbose`)).text(), /readyz check passed/);
  assert.equal(lines.filter((line) => line.includes('"Listening"')).length, 2);
});

test('HEAD has headers and no body, and other methods are refused', async (t) => {
  const { urls } = await start(t, [listen()]);
  const head = await fetch(`${urls[0]}/healthz`, { method: 'HEAD' });
  assert.equal(head.headers.get('content-length'), '2');
  assert.equal(await head.text(), '');
  const post = await fetch(`${urls[0]}/healthz`, { method: 'POST', body: 'x' });
  assert.equal(post.status, 405);
  assert.equal(post.headers.get('allow'), 'GET, HEAD');
});

test('a port in use is an error if the user asked for it, and then nothing stays open', async (t) => {
  const port = await takenPort(t);
  const { logger } = capture();
  const router: Router = async () => ({ status: 200, contentType: 'text/plain', body: '' });
  const free = listen({ flag: 'metrics-addr', port: await takenPortNow() });
  const taken = listen({ flag: 'health-addr', port, text: `127.0.0.1:${port}` });
  await assert.rejects(HttpServer.start({ addresses: [free, taken], router, logger }), {
    name: 'ListenError',
    message: `cannot listen on --health-addr "127.0.0.1:${port}": the port is in use; give another one, or stop what uses it`,
  });
  const again = await HttpServer.start({ addresses: [free], router, logger });
  await again.close();
});

/** A port that was free a moment ago. */
async function takenPortNow(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

test('a default port in use is a warning, and the other addresses open', async (t) => {
  const port = await takenPort(t);
  const { urls, lines } = await start(t, [
    listen({ port, fatalIfInUse: false }),
    listen({ flag: 'health-addr', serves: healthOnly }),
  ]);
  assert.equal(urls.length, 1);
  assert.equal((await fetch(`${urls[0]}/healthz`)).status, 200);
  assert.match(lines[0] ?? '', /^W.*"Cannot listen; going on without this address" flag="metrics-addr" err=".*in use/);
});

test('a host that is not of this machine is told as such', async () => {
  const { logger } = capture();
  const router: Router = async () => ({ status: 200, contentType: 'text/plain', body: '' });
  const addresses = [listen({ host: '192.0.2.1', text: '192.0.2.1:0' })];
  await assert.rejects(HttpServer.start({ addresses, router, logger }), /"192.0.2.1:0": the host is not an address/);
});

test('a page that fails is answered 500 and logged, and odd paths do no harm', async (t) => {
  const { urls, lines } = await start(t, [listen()], async (_, { path }) => {
    if (path === '//x') return { status: 200, contentType: 'text/plain', body: path };
    throw new Error('broken page');
  });
  assert.equal((await fetch(`${urls[0]}/any`)).status, 500);
  assert.match(lines.at(-1) ?? '', /^E.*"Cannot answer an HTTP request" err="broken page"/);
  assert.equal(await (await fetch(`${urls[0]}//x`)).text(), '//x');
});

test('closing leaves nothing open, though a client keeps its connection', async () => {
  const { logger } = capture();
  const router: Router = async () => ({ status: 200, contentType: 'text/plain', body: 'ok' });
  const server = await HttpServer.start({ addresses: [listen()], router, logger });
  const port = server.bound[0]?.address.port ?? 0;
  const socket = connect(port, '127.0.0.1');
  const answered = new Promise((resolve) => socket.once('data', resolve));
  const ended = new Promise((resolve) => socket.once('close', resolve));
  socket.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\n\r\n');
  await answered;
  await server.close();
  await ended;
  await assert.rejects(fetch(`http://127.0.0.1:${port}/`));
});
