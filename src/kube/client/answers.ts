import type { ObjectMeta } from '../api/objects.ts';
import { openEnvelope, protobufType } from '../codec/envelope.ts';
import { type ListPage, listFromJson, listFromProto } from '../codec/list.ts';
import { DecodeError } from '../codec/proto-reader.ts';
import type { Resource } from '../codec/resources.ts';
import { type Status, statusFromJson, statusFromProto } from '../codec/status.ts';
import { KubeError, type RequestInfo } from './errors.ts';
import type { HttpHeaders, HttpResponse } from './transport.ts';

export function isProtobuf(headers: HttpHeaders): boolean {
  return headers['content-type']?.startsWith(protobufType) === true;
}

/** The object in a good answer. Throws DecodeError. */
export function readObject<T extends ObjectMeta>(response: HttpResponse, resource: Resource<T>): T {
  if (isProtobuf(response.headers)) return protoDecoder(resource)(openEnvelope(response.body).raw);
  return resource.decodeJson(parseJson(response.body));
}

/** The page in a good answer. Throws DecodeError. */
export function readPage<T extends ObjectMeta>(response: HttpResponse, resource: Resource<T>): ListPage<T> {
  if (isProtobuf(response.headers)) return listFromProto(openEnvelope(response.body).raw, protoDecoder(resource));
  return listFromJson(parseJson(response.body), resource);
}

export function protoDecoder<T extends ObjectMeta>(resource: Resource<T>): (bytes: Uint8Array) => T {
  const { decodeProto } = resource;
  if (decodeProto === undefined) throw new DecodeError(`protobuf came for ${resource.kind}, which is read as JSON`);
  return decodeProto;
}

/** Throws DecodeError, without a word of the text (JSON.parse quotes it): it may be a Secret. */
export function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(text(bytes));
  } catch {
    throw new DecodeError(`the answer, ${bytes.length} bytes, is not JSON`);
  }
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}

/** Whatever a refusal looks like (a Status in either encoding, with either content type, or plain text), as an error. */
export function readError(response: HttpResponse, request: RequestInfo | undefined): KubeError {
  const status = readStatus(response);
  const message = status?.message || excerpt(text(response.body)) || `HTTP status ${response.status}`;
  return new KubeError(message, {
    code: response.status,
    reason: status?.reason ?? '',
    // A server that failed or gave up on the way may have written before that.
    sent: response.status >= 500,
    retryAfterMs: retryAfterMs(response.headers) ?? positiveSeconds(status?.retryAfterSeconds),
    details: status?.details,
    request,
  });
}

/** The error of a Status that came as the last event of a watch. */
export function errorFromStatus(status: Status, request: RequestInfo): KubeError {
  return new KubeError(status.message || `watch ended with ${status.reason || 'an error'}`, {
    code: status.code,
    reason: status.reason,
    sent: false,
    retryAfterMs: positiveSeconds(status.retryAfterSeconds),
    details: status.details,
    request,
  });
}

function readStatus(response: HttpResponse): Status | undefined {
  try {
    if (isProtobuf(response.headers)) return statusFromProto(openEnvelope(response.body).raw);
    // A timed-out request comes as text/plain with a Status in it, so the first byte decides, not the content type.
    return response.body[0] === 0x7b ? statusFromJson(parseJson(response.body)) : undefined;
  } catch {
    return undefined; // Cut short, or a proxy's page: the HTTP status has to do.
  }
}

/** Whatever asks for more (a proxy's page for a day of maintenance, a mistake) does not keep us away for longer. */
const longestRetryAfterMs = 5 * 60_000;

/**
 * Milliseconds of a Retry-After in seconds, five minutes at most; undefined without one (or with a date, which no API
 * server sends).
 */
function retryAfterMs(headers: HttpHeaders): number | undefined {
  const value = headers['retry-after'];
  if (value === undefined || !/^\d{1,9}$/.test(value.trim())) return undefined;
  return Math.min(longestRetryAfterMs, Number(value) * 1000);
}

function positiveSeconds(seconds: number | undefined): number | undefined {
  return seconds === undefined || seconds <= 0 ? undefined : Math.min(longestRetryAfterMs, seconds * 1000);
}

function excerpt(body: string): string {
  const line = body.trim().replaceAll(/\s+/g, ' ');
  return line.length <= 300 ? line : `${line.slice(0, 300)}…`;
}
