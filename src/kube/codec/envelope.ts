import { DecodeError, ProtoReader } from './proto-reader.ts';

export const protobufType = 'application/vnd.kubernetes.protobuf';
export const jsonType = 'application/json';

/** What stands before every protobuf message of the API: `k8s` and a zero byte. */
const magic = 0x6b387300;

/** runtime.Unknown: an object with its kind, still encoded. */
export interface Envelope {
  apiVersion: string;
  kind: string;
  /** The object's own message. */
  raw: Uint8Array;
}

/** Opens what the server sends under the media type application/vnd.kubernetes.protobuf. */
export function openEnvelope(bytes: Uint8Array): Envelope {
  if (bytes.length < 4 || new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0) !== magic) {
    throw new DecodeError('protobuf: the message does not begin with "k8s" and a zero byte');
  }
  const reader = new ProtoReader(bytes);
  reader.pos = 4;
  const envelope: Envelope = { apiVersion: '', kind: '', raw: nothing };
  while (reader.pos < reader.length) {
    const tag = reader.tag();
    if (tag === 0x0a) readTypeMeta(reader, envelope);
    else if (tag === 0x12) envelope.raw = reader.view();
    else reader.skip(tag);
  }
  reader.leave(reader.length);
  return envelope;
}

const nothing = new Uint8Array(0);

function readTypeMeta(reader: ProtoReader, envelope: Envelope): void {
  const end = reader.enter();
  while (reader.pos < end) {
    const tag = reader.tag();
    if (tag === 0x0a) envelope.apiVersion = reader.interned();
    else if (tag === 0x12) envelope.kind = reader.interned();
    else reader.skip(tag);
  }
  reader.leave(end);
}
