import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type ServerHttp2Session } from 'node:http2';
import { type AddressInfo, connect } from 'node:net';
import { after, before, test } from 'node:test';
import { below, fuzz, pick } from '../../testing/support/fuzz.ts';
import { mutateBytes, randomBytes } from '../../testing/support/mutate.ts';
import type { Random } from '../base/random.ts';
import { Http2Connection } from './connection.ts';
import { HpackDecoder } from './hpack-decoder.ts';
import { ErrorCode, type Headers, Http2Error, preface } from './protocol.ts';

// HPACK against a second implementation: nghttp2, in Node's own server.

const server = createServer({ maxHeaderListPairs: 10_000 });
/** By connection, what the server has read: for each stream, names and values in turn. */
const read = new Map<object, Map<number, string[]>>();
const opened: ServerHttp2Session[] = [];
/** What the next answers carry. */
let answering: Headers = {};

before(async () => {
  server.on('session', (session) => {
    opened.push(session);
    read.set(session, new Map());
    session.on('error', () => {});
  });
  server.on('sessionError', () => {});
  server.on('stream', (stream, _headers, _flags, rawHeaders) => {
    stream.on('error', () => {});
    const { id, session } = stream;
    if (id !== undefined && session !== undefined) read.get(session)?.set(id, rawHeaders as unknown as string[]);
    if (stream.destroyed) return;
    stream.respond({ ':status': 200, ...answering }, { sendDate: false } as object);
    stream.end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
after(() => server.close());

function dial() {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.on('error', () => {});
  socket.setNoDelay(true);
  return socket;
}

/** As HTTP joins what comes several times. */
function joined(raw: readonly string[]): Headers {
  const headers: Record<string, string> = Object.create(null);
  for (let at = 0; at < raw.length; at += 2) {
    const [name = '', value = ''] = raw.slice(at, at + 2);
    const known = headers[name];
    headers[name] = known === undefined ? value : `${known}, ${value}`;
  }
  return { ...headers };
}

/** Our end of a connection, and theirs. */
async function connected() {
  const socket = dial();
  await once(socket, 'connect');
  const settled = Promise.withResolvers<void>();
  const connection = new Http2Connection({
    ...{ socket, streamWindowBytes: 65_535, connectionWindowBytes: 65_535 },
    ...{ onSettings: settled.resolve, onGoAway: () => lost.resolve('GOAWAY') },
  });
  const lost = Promise.withResolvers<string>();
  socket.on('data', (chunk: Buffer) => connection.receive(chunk));
  socket.on('close', () => connection.end(new Error('lost')));
  await settled.promise;
  const session = opened.at(-1);
  assert.ok(session !== undefined);
  /** Sends a request and returns what the server read of it, and what it answered. */
  const exchange = async (headers: Headers): Promise<{ request: Headers; answer: Headers }> => {
    const end = Promise.withResolvers<Headers>();
    let answer: Headers = {};
    const id = connection.request({ ...pseudo, ...headers }, undefined, {
      onHeaders: (received) => {
        answer = received;
      },
      onData: () => {},
      onTrailers: () => {},
      onEnd: ({ complete, code, lost }) =>
        complete ? end.resolve(answer) : end.reject(new Error(`${lost?.message ?? 'reset'} (${code})`)),
    });
    const received = await end.promise;
    return { request: joined(read.get(session)?.get(id) ?? []), answer: received };
  };
  return { socket, session, exchange };
}

const pseudo = { ':method': 'GET', ':scheme': 'http', ':authority': 'a', ':path': '/' };

/** Resolves when the client has confirmed. */
function setTableSize(session: ServerHttp2Session, headerTableSize: number): Promise<void> {
  return new Promise((resolve, reject) => {
    session.settings({ headerTableSize }, (error) => (error ? reject(error) : resolve()));
  });
}

function drawHeaders(random: Random): Headers {
  const headers: Record<string, string> = {};
  for (let count = below(random, 6); count > 0; count--) {
    const name = pick(random, ['authorization', 'accept', 'x-a', 'x-b', 'user-agent', 'etag', 'x-long-name']);
    const length = pick(random, [1, 5, 40, 300, 1_500, 3_900]);
    headers[name] = pick(random, ['application/json', 'a', `Bearer ${'t'.repeat(length)}`, text(random, length)]);
  }
  return headers;
}

/** Characters of one byte, none of them a space at an end. */
function text(random: Random, length: number): string {
  const characters = Array.from({ length }, () =>
    pick(random, ['a', '0', '~', '"', '<', 'Z', '\xe4', '\xff', '/', '%']),
  );
  return characters.join('');
}

fuzz(
  'headers go there and come back as they were, while the server changes the size of its table',
  60,
  async (random) => {
    const { socket, session, exchange } = await connected();
    for (let requests = 0; requests < 12; requests++) {
      const sizes = Array.from({ length: pick(random, [0, 0, 1, 2, 3]) }, () =>
        pick(random, [0, 33, 200, 4_096, 65_536]),
      );
      await Promise.all(sizes.map((size) => setTableSize(session, size)));
      answering = drawHeaders(random);
      const headers = drawHeaders(random);
      const { request, answer } = await exchange(headers);
      assert.deepEqual(request, { ...pseudo, ...headers });
      assert.deepEqual({ ...answer }, { ':status': '200', ...answering });
    }
    answering = {};
    socket.destroy();
  },
);

test('a table that was made small and large again between two requests is told as both, the smallest first', async () => {
  const { socket, session, exchange } = await connected();
  const headers = { authorization: `Bearer ${'t'.repeat(900)}` };
  await exchange(headers);
  await Promise.all([setTableSize(session, 0), setTableSize(session, 4_096)]);
  // Told as one, nghttp2 ends the connection with COMPRESSION_ERROR; the smallest has also driven out the token.
  for (let times = 0; times < 2; times++) {
    assert.deepEqual((await exchange(headers)).request, { ...pseudo, ...headers });
  }
  socket.destroy();
});

/** Static fields whose value may be anything: accept-charset to age, etag, from, last-modified, server, user-agent. */
const plainFields = [15, 16, 17, 18, 19, 20, 21, 34, 37, 44, 54, 58];

/** Header blocks as somebody would write them who knows HPACK, and sometimes means ill. */
function drawBlock(random: Random): Buffer {
  const parts: Buffer[] = [];
  while (random.next() < 0.2) parts.push(integer(0x20, 5, pick(random, [0, 40, 100, 200, 4_096, 4_096, 4_096, 4_097])));
  let added = 0;
  parts.push(Buffer.from('828684010161', 'hex'));
  for (let count = below(random, 8); count > 0; count--) {
    // In the static table, in the dynamic one, and sometimes in neither.
    const known = pick(random, [pick(random, plainFields), added > 0 ? 62 + below(random, added) : 16]);
    const index = random.next() < 0.03 ? below(random, 300) : known;
    const literal = pick(random, [
      [0x40, 6],
      [0x40, 6],
      [0x00, 4],
      [0x10, 4],
    ] as const);
    if (random.next() < 0.4) {
      parts.push(integer(0x80, 7, index));
      continue;
    }
    if (literal[0] === 0x40) added++;
    if (random.next() < 0.3) parts.push(integer(literal[0], literal[1], index), string(random));
    else parts.push(Buffer.from([literal[0]]), string(random), string(random));
    if (random.next() < 0.02) parts.push(integer(0x20, 5, 100));
  }
  const block = Buffer.concat(parts);
  return random.next() < 0.1 ? mutateBytes(random, block, [block]) : block;
}

/** Texts in Huffman code, from RFC 7541: www.example.com, no-cache, custom-key, custom-value. */
const huffman = ['f1e3c2e5f23a6ba0ab90f4ff', 'a8eb10649cbf', '25a849e95ba97d7f', '25a849e95bb8e8b4bf'];

function string(random: Random): Buffer {
  const coded = random.next() < 0.4;
  const right = coded
    ? Buffer.from(pick(random, huffman), 'hex')
    : Buffer.from(pick(random, ['x-a', 'x-b', 'etag', 'a-longer-name', 'v'.repeat(below(random, 200))]));
  const bytes = random.next() < 0.03 ? randomBytes(random, 12) : right;
  return Buffer.concat([integer(coded ? 0x80 : 0, 7, bytes.length), bytes]);
}

function integer(pattern: number, prefixBits: number, value: number): Buffer {
  const most = 2 ** prefixBits - 1;
  if (value < most) return Buffer.from([pattern | value]);
  const bytes = [pattern | most];
  let rest = value - most;
  for (; rest >= 0x80; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return Buffer.from([...bytes, rest]);
}

function frame(type: number, flags: number, streamId: number, payload: Uint8Array): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(streamId, 5);
  return Buffer.concat([head, payload]);
}

/** What nghttp2 makes of header blocks that follow each other, and the code with which it ended the connection. */
async function theirs(blocks: readonly Buffer[]) {
  const socket = dial();
  const requests = blocks.map((block, at) => frame(1, 5, 1 + 2 * at, block));
  const ping = frame(6, 0, 0, Buffer.from('are-done'));
  socket.write(Buffer.concat([Buffer.from(preface), frame(4, 0, 0, Buffer.alloc(0)), ...requests, ping]));
  let received = Buffer.alloc(0);
  let goAway: number | undefined;
  for await (const chunk of socket) {
    received = Buffer.concat([received, chunk as Buffer]);
    let pong = false;
    while (received.length >= 9 && received.length >= 9 + received.readUIntBE(0, 3)) {
      const end = 9 + received.readUIntBE(0, 3);
      const payload = received.subarray(9, end);
      if (received[3] === 7) goAway = payload.readUInt32BE(4);
      if (received[3] === 6 && received[4] === 1) pong = payload.toString() === 'are-done';
      received = received.subarray(end);
    }
    if (pong || goAway !== undefined) break;
  }
  socket.destroy();
  const session = opened.at(-1);
  return { goAway, streams: (session && read.get(session)) ?? new Map<number, string[]>() };
}

/** The same headers, but for those that nghttp2 leaves out for what they are called or hold. */
function assertSame(ours: Headers, theirs: Headers, block: string): void {
  for (const name of Object.keys(theirs)) assert.ok(name in ours, `${name} of ${block}`);
  for (const [name, value] of Object.entries(ours)) {
    if (!isName(name) || !value.split(', ').every(isValue)) continue;
    assert.equal(theirs[name], value, `${name} of ${block}`);
  }
}

function isName(text: string): boolean {
  return /^:?[!#$%&'*+.^_`|~0-9a-z-]+$/.test(text);
}

function isValue(text: string): boolean {
  return /^[\t\x20-\x7e\x80-\xff]*$/.test(text) && text.trim() === text;
}

const seen = { read: 0, refused: 0 };

fuzz('hostile header blocks are read as nghttp2 reads them, and refused where it refuses them', 400, async (random) => {
  const blocks = Array.from({ length: 1 + below(random, 4) }, () => drawBlock(random));
  const { goAway, streams } = await theirs(blocks);
  const decoder = new HpackDecoder();
  let refusal: Http2Error | undefined;
  for (const [at, block] of blocks.entries()) {
    let headers: Headers;
    try {
      headers = decoder.decode(block);
    } catch (error) {
      assert.ok(error instanceof Http2Error && error.code === ErrorCode.CompressionError, String(error));
      refusal = error;
      seen.refused++;
      break;
    }
    const raw = streams.get(1 + 2 * at);
    if (raw === undefined) continue;
    assertSame(headers, joined(raw), block.toString('hex'));
    seen.read++;
  }
  const shown = `${blocks.map((block) => block.toString('hex')).join(' ')}: ${refusal?.message ?? 'read'}, GOAWAY ${goAway}`;
  if (goAway === undefined || goAway === ErrorCode.CompressionError) {
    assert.equal(goAway === ErrorCode.CompressionError, refusal !== undefined, shown);
  }
});

test('of those blocks nghttp2 has read many and refused many', () => {
  assert.ok(seen.read > 100 && seen.refused > 100, JSON.stringify(seen));
});
