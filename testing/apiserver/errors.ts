import type { JsonObject } from './object.ts';

/** `volumeattachments.storage.k8s.io`, or just `secrets` in the core group. */
export interface Qualified {
  group: string;
  /** A plural (`volumeattachments`) or a kind (`VolumeAttachment`), whichever the message shows. */
  name: string;
}

export interface Cause {
  reason: string;
  message: string;
  field: string;
}

interface Failure {
  code: number;
  reason?: string;
  message: string;
  metadata?: JsonObject;
  details?: JsonObject;
}

/** A request that is answered with a Status object. */
export class ApiError extends Error {
  readonly code: number;
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.message);
    this.name = 'ApiError';
    this.code = failure.code;
    this.failure = failure;
  }

  /** The Status object. */
  status(): JsonObject {
    const { code, reason, message, metadata, details } = this.failure;
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: metadata ?? {},
      status: 'Failure',
      message,
      ...(reason === undefined ? {} : { reason }),
      ...(details === undefined ? {} : { details }),
      code,
    };
  }
}

function full(what: Qualified): string {
  return what.group === '' ? what.name : `${what.name}.${what.group}`;
}

function detailsOf(what: Qualified, name: string, more: JsonObject = {}): JsonObject {
  return {
    ...(name === '' ? {} : { name }),
    ...(what.group === '' ? {} : { group: what.group }),
    ...(what.name === '' ? {} : { kind: what.name }),
    ...more,
  };
}

export function badRequest(message: string): ApiError {
  return new ApiError({ code: 400, reason: 'BadRequest', message });
}

export function unauthorized(): ApiError {
  return new ApiError({ code: 401, reason: 'Unauthorized', message: 'Unauthorized' });
}

export function forbidden(what: Qualified, name: string, why: string): ApiError {
  const subject = full(what) + (name === '' ? '' : ` ${JSON.stringify(name)}`);
  const message = what.name === '' ? `forbidden: ${why}` : `${subject} is forbidden: ${why}`;
  return new ApiError({ code: 403, reason: 'Forbidden', message, details: detailsOf(what, name) });
}

export function notFound(what: Qualified, name: string): ApiError {
  const message = `${full(what)} ${JSON.stringify(name)} not found`;
  return new ApiError({ code: 404, reason: 'NotFound', message, details: detailsOf(what, name) });
}

export function noSuchResource(): ApiError {
  const message = 'the server could not find the requested resource';
  return new ApiError({ code: 404, reason: 'NotFound', message, details: {} });
}

export function methodNotAllowed(): ApiError {
  const message = 'the server does not allow this method on the requested resource';
  return new ApiError({ code: 405, reason: 'MethodNotAllowed', message, details: {} });
}

export function notAcceptable(available: string): ApiError {
  const message = `406: Not Acceptable\n\nAvailable representations: ${available}`;
  return new ApiError({ code: 406, reason: 'NotAcceptable', message, details: {} });
}

export function unsupportedMediaType(): ApiError {
  return new ApiError({
    code: 415,
    reason: 'UnsupportedMediaType',
    message: '415: Unsupported Media Type',
    details: {},
  });
}

export function alreadyExists(what: Qualified, name: string): ApiError {
  const message = `${full(what)} ${JSON.stringify(name)} already exists`;
  return new ApiError({ code: 409, reason: 'AlreadyExists', message, details: detailsOf(what, name) });
}

export function conflict(what: Qualified, name: string, why?: string): ApiError {
  const reason = why ?? 'the object has been modified; please apply your changes to the latest version and try again';
  const message = `Operation cannot be fulfilled on ${full(what)} ${JSON.stringify(name)}: ${reason}`;
  return new ApiError({ code: 409, reason: 'Conflict', message, details: detailsOf(what, name) });
}

export function expired(message: string, continueToken?: string): ApiError {
  const metadata = continueToken === undefined ? {} : { continue: continueToken };
  return new ApiError({ code: 410, reason: 'Expired', message, metadata });
}

/** 422 with one cause for each field error; the text leaves repeated ones out, the causes do not. */
export function invalid(what: Qualified, name: string, causes: readonly Cause[]): ApiError {
  const texts = [...new Set(causes.map((cause) => `${cause.field}: ${cause.message}`))];
  const list = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`;
  const message = `${full(what)} ${JSON.stringify(name)} is invalid: ${list}`;
  return new ApiError({ code: 422, reason: 'Invalid', message, details: detailsOf(what, name, { causes }) });
}

/** What a JSON patch that cannot be carried out is answered with: no word about what was wrong with it. */
export function patchRefused(): ApiError {
  const message = 'the server rejected our request due to an error in our request';
  return new ApiError({ code: 422, reason: 'Invalid', message, details: {} });
}

/** An error that the server has no class for. */
export function internal(message: string): ApiError {
  return new ApiError({ code: 500, message });
}

/** The client wants to see a version that is not there yet, and it did not come in time. */
export function tooLargeVersion(asked: number, current: number): ApiError {
  return new ApiError({
    code: 504,
    reason: 'Timeout',
    message: `Timeout: Too large resource version: ${asked}, current: ${current}`,
    details: {
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
      retryAfterSeconds: 1,
    },
  });
}

export const field = {
  required: (path: string, detail = ''): Cause => ({
    reason: 'FieldValueRequired',
    message: detail === '' ? 'Required value' : `Required value: ${detail}`,
    field: path,
  }),
  /** `value` is shown as JSON. */
  invalid: (path: string, value: unknown, detail: string): Cause => ({
    reason: 'FieldValueInvalid',
    message: `Invalid value: ${JSON.stringify(value)}: ${detail}`,
    field: path,
  }),
  forbidden: (path: string, detail: string): Cause => ({
    reason: 'FieldValueForbidden',
    message: `Forbidden: ${detail}`,
    field: path,
  }),
  tooLong: (path: string, maximum: number): Cause => ({
    reason: 'FieldValueTooLong',
    message: `Too long: may not be more than ${maximum} bytes`,
    field: path,
  }),
  notSupported: (path: string, value: string, allowed: readonly string[]): Cause => ({
    reason: 'FieldValueNotSupported',
    message: `Unsupported value: ${JSON.stringify(value)}: supported values: ${allowed.map((one) => JSON.stringify(one)).join(', ')}`,
    field: path,
  }),
};
