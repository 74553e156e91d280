import assert from 'node:assert/strict';
import { fuzz, pick } from '../../../../testing/support/fuzz.ts';
import { misshapen } from '../../../../testing/support/kube-shapes.ts';
import { inPieces, mutateBytes, mutateJson, randomBytes } from '../../../../testing/support/mutate.ts';
import { recordedBytes, recordedSteps } from '../../../../testing/support/recordings.ts';
import type { VolumeAttachment } from '../../api/objects.ts';
import { protobufType } from '../../codec/envelope.ts';
import { DecodeError } from '../../codec/proto-reader.ts';
import { volumeAttachments } from '../../codec/resources.ts';
import { KubeError, type RequestInfo } from '../errors.ts';
import { FrameSplitter, LineSplitter } from './splitter.ts';
import { WatchStream } from './stream.ts';

const info: RequestInfo = { verb: 'watch', group: 'storage.k8s.io', resource: 'volumeattachments' };
const steps = [...recordedSteps('lists-and-watches'), ...recordedSteps('expired')].filter(
  ({ name }) => name.startsWith('watch') || name.startsWith('the same'),
);
const inProto = steps.filter(({ response }) => response.bodyBase64 !== undefined).map(recordedBytes);
const inJson = steps.filter(({ response }) => response.lines !== undefined).map(recordedBytes);
const lines = steps.flatMap(({ response }) => response.lines ?? []);

/** Sends `chunks` as the answer to a watch and checks everything that it tells; returns how many events it told. */
function watch(contentType: string, chunks: readonly Uint8Array[], status = 200): number {
  let told = 0;
  let aborts = 0;
  const see = (object: VolumeAttachment): void => {
    told++;
    assert.equal(misshapen(volumeAttachments, object), undefined);
  };
  const stream = new WatchStream({
    ...{ resource: volumeAttachments, info },
    abort: () => aborts++,
    events: {
      changed: see,
      deleted: see,
      bookmark: (version) => {
        told++;
        assert.equal(typeof version, 'string');
      },
    },
  });
  stream.onResponse(status, { 'content-type': contentType });
  for (const chunk of chunks) stream.onData(chunk);
  stream.finish();
  const { failure } = stream;
  const known = failure === undefined || failure instanceof DecodeError || failure instanceof KubeError;
  assert.ok(known, `failed with ${failure instanceof Error ? failure.stack : String(failure)}`);
  assert.equal(aborts > 0, failure !== undefined && status === 200);
  return told;
}

fuzz('a watch that is sound tells the same events however it is cut', 200, (random) => {
  const [bytes, type] =
    random.next() < 0.5 ? [pick(random, inProto), protobufType] : [pick(random, inJson), 'application/json'];
  assert.equal(watch(type, inPieces(random, bytes)), watch(type, [bytes]));
});

fuzz('a watch in protobuf with mistakes tells nothing that is not what it should be', 1_200, (random) => {
  watch(protobufType, inPieces(random, mutateBytes(random, pick(random, inProto), inProto)));
});

fuzz('a watch in JSON with mistakes, too', 600, (random) => {
  watch('application/json', inPieces(random, mutateBytes(random, pick(random, inJson), inJson)));
});

fuzz('lines that are JSON and no events', 2_000, (random) => {
  const line = (): string => `${JSON.stringify(mutateJson(random, pick(random, lines)))}\n`;
  watch('application/json', [Buffer.from(line() + line())]);
});

fuzz('a watch of any bytes, and any refusal of one', 1_000, (random) => {
  const type = pick(random, [protobufType, 'application/json', 'text/plain']);
  const bytes = random.next() < 0.5 ? randomBytes(random, 300) : mutateBytes(random, pick(random, inProto));
  watch(type, inPieces(random, bytes), pick(random, [200, 200, 400, 401, 403, 404, 406, 410, 429, 500, 504]));
});

fuzz('a frame that announces gigabytes is not made room for', 100, (random) => {
  const splitter = new FrameSplitter();
  const before = process.memoryUsage().arrayBuffers;
  const length = pick(random, ['00ffffff', '03ffffff', '04000000', '7fffffff', 'ffffffff']);
  const chunks = inPieces(random, Buffer.concat([Buffer.from(length, 'hex'), randomBytes(random, 500)]));
  try {
    for (const chunk of chunks) splitter.push(chunk, () => assert.fail('a message came of it'));
  } catch (error) {
    assert.ok(error instanceof DecodeError, `threw ${error}`);
  }
  assert.ok(process.memoryUsage().arrayBuffers - before < 1024 * 1024);
});

fuzz('a line without an end is given up, and its memory with it', 1, () => {
  const splitter = new LineSplitter();
  const chunk = Buffer.alloc(1024 * 1024, 'x');
  const before = process.memoryUsage().arrayBuffers;
  assert.throws(() => {
    for (let mebibytes = 0; mebibytes < 80; mebibytes++)
      splitter.push(chunk, () => assert.fail('a message came of it'));
  }, DecodeError);
  assert.ok(process.memoryUsage().arrayBuffers - before < 200 * 1024 * 1024);
});
