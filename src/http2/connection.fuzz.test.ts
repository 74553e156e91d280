import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { below, fuzz, pick } from '../../testing/support/fuzz.ts';
import { inPieces, mutateBytes, randomBytes } from '../../testing/support/mutate.ts';
import type { Random } from '../base/random.ts';
import { Http2Connection } from './connection.ts';
import { HpackDecoder } from './hpack-decoder.ts';
import { HpackEncoder } from './hpack-encoder.ts';
import { Outbox } from './outbox.ts';
import { Flag, FrameType, type Headers, Http2Error } from './protocol.ts';
import type { Http2Sink, StreamEnd } from './stream.ts';

/** Checks that an answer is told in order, and with what its types say. */
class StrictSink implements Http2Sink {
  #told: 'nothing' | 'headers' | 'trailers' | 'end' = 'nothing';

  get ended(): boolean {
    return this.#told === 'end';
  }
  onHeaders(headers: Headers): void {
    assert.equal(this.#told, 'nothing');
    this.#told = 'headers';
    assertHeaders(headers);
  }
  onData(chunk: Buffer): void {
    assert.equal(this.#told, 'headers');
    assert.ok(chunk.length > 0);
  }
  onTrailers(headers: Headers): void {
    assert.equal(this.#told, 'headers');
    this.#told = 'trailers';
    assertHeaders(headers);
  }
  onEnd({ complete, code, lost }: StreamEnd): void {
    assert.notEqual(this.#told, 'end');
    this.#told = 'end';
    assert.equal(typeof complete, 'boolean');
    assert.ok(Number.isInteger(code) && code >= 0);
    assert.ok(lost === undefined || lost instanceof Error);
  }
}

function assertHeaders(headers: Headers): void {
  let bytes = 0;
  for (const [name, value] of Object.entries(headers)) {
    assert.equal(typeof value, 'string');
    bytes += name.length + value.length;
  }
  assert.ok(bytes <= 1024 * 1024);
}

function frame(type: number, flags: number, streamId: number, payload: Uint8Array): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(streamId, 5);
  return Buffer.concat([head, payload]);
}

const settings = frame(FrameType.Settings, 0, 0, Buffer.from('000300000064000400010000', 'hex'));

function block(encoder: HpackEncoder, headers: Headers): Buffer {
  const out = new Outbox();
  encoder.encode(headers, out);
  return Buffer.from(out.view());
}

/** What a good server sends for three requests, a frame each. */
function goodFrames(random: Random): Buffer[] {
  const encoder = new HpackEncoder();
  const frames = [settings, frame(FrameType.Settings, Flag.Ack, 0, Buffer.alloc(0))];
  for (const id of [1, 3, 5]) {
    const head = block(encoder, { ':status': '200', 'content-type': 'application/grpc', date: 'now' });
    const cut = below(random, head.length);
    if (random.next() < 0.5) frames.push(frame(FrameType.Headers, Flag.EndHeaders, id, head));
    else {
      frames.push(frame(FrameType.Headers, 0, id, head.subarray(0, cut)));
      frames.push(frame(FrameType.Continuation, Flag.EndHeaders, id, head.subarray(cut)));
    }
    frames.push(frame(FrameType.Data, 0, id, randomBytes(random, 100)));
    frames.push(frame(FrameType.Ping, below(random, 2), 0, Buffer.alloc(8)));
    frames.push(frame(FrameType.WindowUpdate, 0, pick(random, [0, id]), Buffer.from('00000100', 'hex')));
    const trailers = block(encoder, { 'grpc-status': '0', 'grpc-message': 'fine' });
    frames.push(frame(FrameType.Headers, Flag.EndHeaders | Flag.EndStream, id, trailers));
  }
  return [...frames, frame(FrameType.GoAway, 0, 0, Buffer.alloc(8))];
}

/** Right frames with wrong bytes in them, twice, left out, or in another order. */
function badFrames(random: Random): Buffer[] {
  const good = goodFrames(random);
  const frames = good.flatMap((each): Buffer[] => {
    const chance = random.next();
    if (chance < 0.08) return [frame(below(random, 12), below(random, 256), below(random, 8), each.subarray(9))];
    if (chance < 0.12) return [mutateBytes(random, each, good)];
    if (chance < 0.16)
      return [frame(each[3] ?? 0, each[4] ?? 0, 1 + 2 * below(random, 3), mutateBytes(random, each.subarray(9), good))];
    if (chance < 0.18) return [each, each];
    if (chance < 0.2) return [];
    return [each];
  });
  if (random.next() < 0.1) frames.splice(below(random, frames.length), 0, randomBytes(random, 60));
  return frames;
}

fuzz('whatever frames a server sends, answers are told in order or the connection is given up', 2_500, (random) => {
  const socket = new PassThrough();
  socket.resume();
  const connection = new Http2Connection({
    ...{ socket, streamWindowBytes: 100_000, connectionWindowBytes: 200_000 },
    ...{ onSettings: () => {}, onGoAway: () => {} },
  });
  const request = { ':method': 'POST', ':scheme': 'http', ':authority': 'a', ':path': '/' };
  const sinks = [1, 2, 3].map(() => new StrictSink());
  for (const [at, sink] of sinks.entries())
    connection.request(request, at === 0 ? undefined : Buffer.alloc(50_000), sink);
  try {
    for (const piece of inPieces(random, Buffer.concat([settings, ...badFrames(random)]))) {
      connection.receive(Buffer.from(piece));
    }
  } catch (error) {
    assert.ok(error instanceof Http2Error, error instanceof Error ? error.stack : String(error));
    connection.leave(error);
  }
  connection.end(new Error('the connection is gone'));
  for (const sink of sinks) assert.ok(sink.ended, 'a request was left without an end');
  socket.destroy();
});

fuzz('whatever a header block holds, it is headers of texts or an Http2Error', 6_000, (random) => {
  const encoder = new HpackEncoder();
  const decoder = new HpackDecoder();
  for (let blocks = 0; blocks < 3; blocks++) {
    const headers = {
      ':status': '200',
      'grpc-message': 'x'.repeat(below(random, 300)),
      [pick(random, ['a', 'date'])]: 'b',
    };
    const good = block(encoder, headers);
    const bytes =
      random.next() < 0.2 ? randomBytes(random, 80) : random.next() < 0.6 ? mutateBytes(random, good) : good;
    try {
      assertHeaders(decoder.decode(bytes));
    } catch (error) {
      assert.ok(error instanceof Http2Error, error instanceof Error ? error.stack : String(error));
      return;
    }
  }
});
