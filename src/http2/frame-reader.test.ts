import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FrameReader } from './frame-reader.ts';
import { Outbox } from './outbox.ts';
import { defaultFrameBytes, Http2Error } from './protocol.ts';

interface Frame {
  type: number;
  flags: number;
  streamId: number;
  payload: string;
}

function write(frames: readonly Frame[]): Buffer {
  const out = new Outbox();
  for (const { type, flags, streamId, payload } of frames) {
    const start = out.beginFrame(type, flags, streamId);
    out.text(payload);
    out.endFrame(start);
  }
  return Buffer.from(out.view());
}

function reader(): { reader: FrameReader; frames: Frame[] } {
  const frames: Frame[] = [];
  const take = (type: number, flags: number, streamId: number, payload: Buffer): void => {
    frames.push({ type, flags, streamId, payload: payload.toString('latin1') });
  };
  return { reader: new FrameReader(take), frames };
}

test('frames come out as they went in, in whatever pieces they come', () => {
  const byte = fc.integer({ min: 0, max: 255 });
  const frame = fc.record(
    {
      type: byte,
      flags: byte,
      streamId: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
      payload: fc.oneof(fc.string({ maxLength: 40 }), fc.constant('x'.repeat(defaultFrameBytes))).map(latin1),
    },
    { noNullPrototype: true },
  );
  const cuts = fc.array(fc.integer({ min: 1, max: 30_000 }), { minLength: 1, maxLength: 10 });
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 8 }), cuts, (frames, sizes) => {
      const bytes = write(frames);
      const { reader: subject, frames: seen } = reader();
      for (let at = 0, turn = 0; at < bytes.length; turn++) {
        const size = sizes[turn % sizes.length] as number;
        // The chunk is spoiled after the call, as a connection does that reads into the same buffer again.
        const chunk = Buffer.from(bytes.subarray(at, at + size));
        subject.push(chunk);
        chunk.fill(0xee);
        at += size;
      }
      assert.deepEqual(seen, frames);
    }),
  );
});

test('a frame that is longer than agreed is an error at its first bytes', () => {
  const { reader: subject } = reader();
  assert.throws(() => subject.push(Buffer.from('HTTP/1.1 400 Bad Request')), Http2Error);
  const { reader: slow } = reader();
  assert.throws(() => [...Buffer.from('HTTP/1.1 4')].map((byte) => slow.push(Buffer.of(byte))), Http2Error);
});

function latin1(text: string): string {
  return Buffer.from(text).toString('latin1');
}
