import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { Http2Connection } from './connection.ts';
import { ErrorCode, Http2Error } from './protocol.ts';
import type { StreamEnd } from './stream.ts';

type Effect = 'connection' | 'stream' | 'ignored';

/**
 * What a server may do wrong, the code that it is told, and the frames, in hex: length, type, flags, stream, payload.
 * Streams 1 and 3 are open, 5 was cancelled, 7 and above were never opened.
 */
const violations: readonly (readonly [what: string, effect: Effect, code: number, ...frames: string[]])[] = [
  ['a frame of more than 16,384 bytes', 'connection', ErrorCode.FrameSizeError, '004001 00 00 00000001'],
  [
    'a header block amid which another frame comes',
    'connection',
    ErrorCode.ProtocolError,
    '000001 01 00 00000001 88',
    ping(),
  ],
  ['CONTINUATION without HEADERS', 'connection', ErrorCode.ProtocolError, '000001 09 04 00000001 88'],
  [
    'CONTINUATION of another stream',
    'connection',
    ErrorCode.ProtocolError,
    '000001 01 00 00000001 88',
    '000001 09 04 00000003 88',
  ],
  [
    'a header block of more than 256 KiB or 64 frames',
    'connection',
    ErrorCode.EnhanceYourCalm,
    '000000 01 00 00000001',
    ...endless(),
  ],
  ['a header block that HPACK cannot read', 'connection', ErrorCode.CompressionError, '000001 01 04 00000001 80'],
  ['a header list of more than 1 MiB', 'connection', ErrorCode.CompressionError, ...bomb()],
  ['HEADERS, DATA or RST_STREAM of stream 0', 'connection', ErrorCode.ProtocolError, '000001 01 05 00000000 88'],
  ['HEADERS of a stream that was never opened', 'connection', ErrorCode.ProtocolError, '000001 01 05 00000007 88'],
  [
    'HEADERS of a stream that only a server could open',
    'connection',
    ErrorCode.ProtocolError,
    '000001 01 05 00000002 88',
  ],
  ['DATA of a stream that was never opened', 'connection', ErrorCode.ProtocolError, '000001 00 00 00000007 78'],
  ['DATA before HEADERS', 'connection', ErrorCode.ProtocolError, '000001 00 00 00000001 78'],
  [
    'padding longer than its frame',
    'connection',
    ErrorCode.ProtocolError,
    '000001 01 04 00000001 88',
    '000002 00 08 00000001 0500',
  ],
  [
    'RST_STREAM of a stream that was never opened',
    'connection',
    ErrorCode.ProtocolError,
    '000004 03 00 00000007 00000000',
  ],
  ['RST_STREAM of a wrong size', 'connection', ErrorCode.FrameSizeError, '000003 03 00 00000001 000000'],
  ['PUSH_PROMISE', 'connection', ErrorCode.ProtocolError, '000004 05 04 00000001 00000002'],
  ['SETTINGS of a stream', 'connection', ErrorCode.ProtocolError, '000000 04 00 00000001'],
  ['SETTINGS of a wrong size', 'connection', ErrorCode.FrameSizeError, '000003 04 00 00000000 000100'],
  [
    'SETTINGS that confirm, with settings',
    'connection',
    ErrorCode.FrameSizeError,
    '000006 04 01 00000000 0003 00000001',
  ],
  ['ENABLE_PUSH other than 0', 'connection', ErrorCode.ProtocolError, '000006 04 00 00000000 0002 00000001'],
  ['INITIAL_WINDOW_SIZE above 2^31-1', 'connection', ErrorCode.FlowControlError, '000006 04 00 00000000 0004 ffffffff'],
  [
    'INITIAL_WINDOW_SIZE that widens a stream beyond 2^31-1',
    'connection',
    ErrorCode.FlowControlError,
    '000004 08 00 00000001 7fff0000',
    '000006 04 00 00000000 0004 00010000',
  ],
  ['MAX_FRAME_SIZE below 16,384', 'connection', ErrorCode.ProtocolError, '000006 04 00 00000000 0005 00003fff'],
  ['MAX_FRAME_SIZE above 2^24-1', 'connection', ErrorCode.ProtocolError, '000006 04 00 00000000 0005 01000000'],
  ['PING of a stream', 'connection', ErrorCode.ProtocolError, '000008 06 00 00000001 0000000000000000'],
  ['PING of a wrong size', 'connection', ErrorCode.FrameSizeError, '000004 06 00 00000000 00000000'],
  ['GOAWAY of a stream', 'connection', ErrorCode.ProtocolError, '000008 07 00 00000001 0000000100000000'],
  ['GOAWAY of a wrong size', 'connection', ErrorCode.FrameSizeError, '000004 07 00 00000000 00000000'],
  ['WINDOW_UPDATE of a wrong size', 'connection', ErrorCode.FrameSizeError, '000003 08 00 00000000 000001'],
  [
    'WINDOW_UPDATE of a stream that was never opened',
    'connection',
    ErrorCode.ProtocolError,
    '000004 08 00 00000007 00000001',
  ],
  ['WINDOW_UPDATE of the connection by 0', 'connection', ErrorCode.ProtocolError, '000004 08 00 00000000 00000000'],
  [
    'WINDOW_UPDATE of the connection beyond 2^31-1',
    'connection',
    ErrorCode.FlowControlError,
    '000004 08 00 00000000 7fffffff',
  ],
  ['WINDOW_UPDATE of a stream by 0', 'stream', ErrorCode.ProtocolError, '000004 08 00 00000001 00000000'],
  ['WINDOW_UPDATE of a stream beyond 2^31-1', 'stream', ErrorCode.FlowControlError, '000004 08 00 00000001 7fffffff'],
  ['an answer without `:status`', 'stream', ErrorCode.ProtocolError, '000005 01 05 00000001 0001610162'],
  ['a `:status` that is no status', 'stream', ErrorCode.ProtocolError, '000005 01 05 00000001 0803303939'],
  [
    'an informational answer that ends the stream',
    'stream',
    ErrorCode.ProtocolError,
    '000005 01 05 00000001 0803313033',
  ],
  [
    'a second answer, or trailers that do not end the stream',
    'stream',
    ErrorCode.ProtocolError,
    '000001 01 04 00000001 88',
    '000001 01 04 00000001 88',
  ],
  ['a `content-length` that is no number', 'stream', ErrorCode.ProtocolError, '000005 01 04 00000001 880f0d0178'],
  [
    'more content than `content-length` says',
    'stream',
    ErrorCode.ProtocolError,
    '000005 01 04 00000001 880f0d0131',
    '000002 00 01 00000001 7878',
  ],
  [
    'less content than `content-length` says',
    'stream',
    ErrorCode.ProtocolError,
    '000005 01 04 00000001 880f0d0132',
    '000001 00 01 00000001 78',
  ],
  [
    'frames of a stream that has ended or was cancelled',
    'ignored',
    ErrorCode.NoError,
    '000001 01 04 00000005 88',
    '000001 00 00 00000005 78',
    '000004 08 00 00000005 00000000',
    '000004 03 00 00000005 00000008',
    '000001 00 01 00000005 78',
  ],
  [
    'frames, flags and settings that nobody knows',
    'ignored',
    ErrorCode.NoError,
    '000003 99 ff 00000001 010203',
    '000006 04 fe 00000000 0099 00000001',
  ],
  [
    'PRIORITY, whatever is in it',
    'ignored',
    ErrorCode.NoError,
    '000004 02 00 00000001 00000000',
    '000005 02 00 00000000 0000000000',
  ],
  [
    'answers to a PING or to SETTINGS that nobody sent',
    'ignored',
    ErrorCode.NoError,
    '000008 06 01 00000000 0000000000000000',
    '000000 04 01 00000000',
  ],
  ['the reserved bit of a stream id', 'ignored', ErrorCode.NoError, '000001 01 04 80000001 88'],
  [
    'header names in upper case, pseudo-headers and headers of HTTP/1.1 that are out of place',
    'ignored',
    ErrorCode.NoError,
    '000006 01 04 00000001 88 0001580161',
    '000001 01 05 00000001 84',
  ],
];

function ping(): string {
  return '000008 06 00 00000000 0000000000000000';
}

function endless(): string[] {
  return Array.from({ length: 100 }, () => '000000 09 00 00000001');
}

/** A long header that is told once, and then named a thousand times. */
function bomb(): string[] {
  const told = `88 4001617fa11e${'78'.repeat(4_000)}`.replaceAll(' ', '');
  return [`${hex(told.length / 2, 3)} 01 04 00000001 ${told}`, `${hex(1_000, 3)} 01 05 00000001 ${'be'.repeat(1_000)}`];
}

function hex(value: number, bytes: number): string {
  return value.toString(16).padStart(2 * bytes, '0');
}

const post = { ':method': 'POST', ':scheme': 'http', ':authority': 'a', ':path': '/' };

/** A connection with streams 1 and 3 open and 5 cancelled, whose server is a list of frames. */
function scripted() {
  const socket = new PassThrough();
  const connection = new Http2Connection({
    ...{ socket, streamWindowBytes: 100_000, connectionWindowBytes: 200_000 },
    ...{ onSettings: () => {}, onGoAway: () => {} },
  });
  const feed = (...frames: string[]): void => {
    for (const frame of frames) connection.receive(Buffer.from(frame.replaceAll(' ', ''), 'hex'));
  };
  feed('000000 04 00 00000000');
  const ends = new Map<number, StreamEnd>();
  for (const id of [1, 3, 5]) {
    const nothing = { onHeaders: () => {}, onData: () => {}, onTrailers: () => {} };
    connection.request(post, undefined, { ...nothing, onEnd: (end) => ends.set(id, end) });
  }
  connection.cancel(5);
  return { socket, feed, ends };
}

describe('what a server does wrong', () => {
  for (const [what, effect, code, ...frames] of violations) {
    test(`${what}: ${effect}`, async () => {
      const { socket, feed, ends } = scripted();
      if (effect === 'connection') {
        const isRight = (error: unknown): boolean => error instanceof Http2Error && error.code === code;
        assert.throws(() => feed(...frames), isRight);
        return;
      }
      await turn();
      socket.read();
      feed(...frames);
      await turn();
      const sent: Buffer | null = socket.read();
      const reset = `000004 03 00 00000001 ${hex(code, 4)}`.replaceAll(' ', '');
      if (effect === 'stream') {
        assert.deepEqual(ends.get(1), { complete: false, code, lost: undefined });
        assert.ok(sent?.toString('hex').endsWith(reset), sent?.toString('hex'));
      } else {
        assert.notEqual(ends.get(1)?.complete, false);
      }
      feed('000001 01 05 00000003 88');
      assert.equal(ends.get(3)?.complete, true);
    });
  }

  test('something else than SETTINGS at first, or no HTTP/2 at all, ends the connection', () => {
    for (const [bytes, code] of [
      [Buffer.from('00000101050000000188', 'hex'), ErrorCode.ProtocolError],
      [Buffer.from('HTTP/1.1 400 Bad Request\r\n'), ErrorCode.FrameSizeError],
    ] as const) {
      const connection = new Http2Connection({
        ...{ socket: new PassThrough(), streamWindowBytes: 100_000, connectionWindowBytes: 200_000 },
        ...{ onSettings: () => {}, onGoAway: () => {} },
      });
      const isRight = (error: unknown): boolean => error instanceof Http2Error && error.code === code;
      assert.throws(() => connection.receive(bytes), isRight);
    }
  });

  test('is in the table of the README', () => {
    const names = new Map(Object.entries(ErrorCode).map(([name, code]) => [code as number, constantName(name)]));
    const rows = violations.map(([what, effect, code]) =>
      effect === 'ignored' ? `| ${what} | nothing | |` : `| ${what} | the ${effect} ends | ${names.get(code)} |`,
    );
    const readme = readFileSync(new URL('README.md', import.meta.url), 'utf8');
    for (const row of rows) assert.ok(readme.includes(`${row}\n`), `src/http2/README.md lacks the line\n${row}`);
  });
});

/** FlowControlError as the RFC writes it: FLOW_CONTROL_ERROR. */
function constantName(name: string): string {
  return name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase();
}
