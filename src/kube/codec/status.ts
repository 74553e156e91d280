import { ProtoReader } from './proto-reader.ts';
import { asArray, asNumber, asObject, asString } from './values.ts';

/** What a Status says about the object and about each thing that is wrong with it. */
export interface StatusDetails {
  readonly name: string;
  readonly group: string;
  readonly kind: string;
  readonly uid: string;
  readonly causes: readonly StatusCause[];
}

interface StatusCause {
  readonly reason: string;
  readonly message: string;
  /** Path of the field, as `metadata.resourceVersion`. */
  readonly field: string;
}

/** meta.v1.Status: how the API server says what went wrong. */
export interface Status {
  message: string;
  reason: string;
  code: number;
  /** Not 0 only where the body itself asks to wait. */
  retryAfterSeconds: number;
  details: StatusDetails | undefined;
}

interface Details extends StatusDetails {
  retryAfterSeconds: number;
}

export function statusFromJson(value: unknown): Status {
  const status = asObject(value);
  const details = asObject(status.details);
  return {
    message: asString(status.message),
    reason: asString(status.reason),
    code: asNumber(status.code),
    retryAfterSeconds: asNumber(details.retryAfterSeconds),
    details: status.details === undefined || status.details === null ? undefined : detailsFromJson(details),
  };
}

function detailsFromJson(details: Readonly<Record<string, unknown>>): StatusDetails {
  const causes = asArray(details.causes).map((entry): StatusCause => {
    const cause = asObject(entry);
    return { reason: asString(cause.reason), message: asString(cause.message), field: asString(cause.field) };
  });
  return {
    name: asString(details.name),
    group: asString(details.group),
    kind: asString(details.kind),
    uid: asString(details.uid),
    causes,
  };
}

export function statusFromProto(bytes: Uint8Array): Status {
  const reader = new ProtoReader(bytes);
  const status: Status = {
    message: '',
    reason: '',
    code: 0,
    retryAfterSeconds: 0,
    details: undefined,
  };
  while (reader.pos < reader.length) {
    const tag = reader.tag();
    if (tag === 0x1a) status.message = reader.string();
    else if (tag === 0x22) status.reason = reader.string();
    else if (tag === 0x2a) {
      const { retryAfterSeconds, ...details } = readDetails(reader);
      status.retryAfterSeconds = retryAfterSeconds;
      status.details = details;
    } else if (tag === 0x30) status.code = reader.int32();
    else reader.skip(tag);
  }
  reader.leave(reader.length);
  return status;
}

function readDetails(reader: ProtoReader): Details {
  const end = reader.enter();
  const causes: StatusCause[] = [];
  const details = { name: '', group: '', kind: '', uid: '', causes, retryAfterSeconds: 0 };
  while (reader.pos < end) {
    const tag = reader.tag();
    if (tag === 0x0a) details.name = reader.string();
    else if (tag === 0x12) details.group = reader.string();
    else if (tag === 0x1a) details.kind = reader.string();
    else if (tag === 0x22) causes.push(readCause(reader));
    else if (tag === 0x28) details.retryAfterSeconds = reader.int32();
    else if (tag === 0x32) details.uid = reader.string();
    else reader.skip(tag);
  }
  reader.leave(end);
  return details;
}

function readCause(reader: ProtoReader): StatusCause {
  const end = reader.enter();
  const cause = { reason: '', message: '', field: '' };
  while (reader.pos < end) {
    const tag = reader.tag();
    if (tag === 0x0a) cause.reason = reader.string();
    else if (tag === 0x12) cause.message = reader.string();
    else if (tag === 0x1a) cause.field = reader.string();
    else reader.skip(tag);
  }
  reader.leave(end);
  return cause;
}

/** meta.v1.ListMeta. */
export interface ListMeta {
  resourceVersion: string;
  /** Empty on the last page. */
  continueToken: string;
}

export function readListMeta(reader: ProtoReader): ListMeta {
  const end = reader.enter();
  const meta: ListMeta = { resourceVersion: '', continueToken: '' };
  while (reader.pos < end) {
    const tag = reader.tag();
    if (tag === 0x12) meta.resourceVersion = reader.string();
    else if (tag === 0x1a) meta.continueToken = reader.string();
    else reader.skip(tag);
  }
  reader.leave(end);
  return meta;
}

export function listMetaFromJson(value: unknown): ListMeta {
  const meta = asObject(value);
  return {
    resourceVersion: asString(meta.resourceVersion),
    continueToken: asString(meta.continue),
  };
}
