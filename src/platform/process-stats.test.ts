import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { test } from 'node:test';
import { processStatsReader } from './process-stats.ts';

test('the machine tells what it knows of the process', async () => {
  const read = processStatsReader();
  const before = read();
  const [, soft] = /^Max address space +(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
  assert.equal(before.maxVirtualBytes, soft === 'unlimited' ? 2 ** 64 : Number(soft));
  assert.ok((before.maxFiles ?? 0) >= (before.openFiles ?? Number.NaN));
  assert.ok((before.virtualBytes ?? 0) > before.residentBytes);

  const server = createServer((socket) => socket.end(Buffer.alloc(1_000_000))).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const client = connect(port, '127.0.0.1').resume();
  await once(client, 'close');
  server.close();
  const after = read();
  // The other processes of the machine may have sent something too, and headers count.
  assert.ok((after.receivedBytes ?? 0) - (before.receivedBytes ?? 0) >= 1_000_000);
  assert.ok((after.sentBytes ?? 0) - (before.sentBytes ?? 0) >= 1_000_000);
});
