import { ErrorCode, type Headers } from '../http2/protocol.ts';
import type { AnswerReader } from './framing.ts';
import { Code, StatusError } from './status.ts';

/** What is known of a call's stream once it is closed. */
export interface ClosedStream {
  /** Who was called, for errors: "the driver". */
  peer: string;
  headers: Headers | undefined;
  trailers: Headers | undefined;
  answer: AnswerReader;
  /** HTTP/2 error code of the stream; 0 if it ended as it should. */
  resetCode: number;
  /** The whole connection went away under the stream. */
  connectionLost: boolean;
}

/** The message, if the server said OK; else throws what it said, or what became of the stream, as a StatusError. */
export function outcome({ peer, headers, trailers, answer, resetCode, connectionLost }: ClosedStream): Uint8Array {
  const said = trailers?.['grpc-status'] !== undefined ? trailers : headers;
  const status = said?.['grpc-status'];
  if (said !== undefined && status !== undefined) {
    const error = statusError(peer, status, said['grpc-message']);
    if (error !== undefined) throw error;
    return answer.message(headers?.['grpc-encoding']);
  }
  if (headers !== undefined && !speaksGrpc(headers)) throw foreignAnswer(headers);
  if (answer.mistake !== undefined) throw answer.mistake;
  if (connectionLost) throw local(Code.Unavailable, `the connection to ${peer} was lost while it worked on the call`);
  if (headers === undefined || resetCode !== 0) throw resetError(peer, resetCode);
  throw local(Code.Unknown, `${peer} ended its answer without a gRPC status`);
}

export function speaksGrpc(headers: Headers): boolean {
  return headers[':status'] === '200' && /^application\/grpc(?:$|[+;])/.test(headers['content-type'] ?? '');
}

function statusError(peer: string, status: string, message: string | undefined): StatusError | undefined {
  const code = /^\d{1,3}$/.test(status) ? Number(status) : Number.NaN;
  if (code === Code.OK) return undefined;
  const text = decodeMessage(message ?? '');
  if (code <= Code.Unauthenticated) return new StatusError(code, text);
  return new StatusError(Code.Unknown, `${peer} answered with grpc-status ${JSON.stringify(status)}: ${text}`);
}

/**
 * The text of `grpc-message`, whose characters stand for one byte each: UTF-8 of which all but printable ASCII is
 * percent-encoded. What is not well encoded is left as it is, and UTF-8 that was sent as it is, is read as such.
 */
export function decodeMessage(encoded: string): string {
  if (/^[^%\x80-\uffff]*$/.test(encoded)) return encoded;
  const bytes = encoded.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

/** An answer of something that does not speak gRPC: a proxy, a web server, a broken server. */
function foreignAnswer(headers: Headers): StatusError {
  const type = headers['content-type'];
  const what = type === undefined ? 'no content type' : `content type ${JSON.stringify(type)}`;
  const status = Number(headers[':status']);
  return local(codeOfHttpStatus(status), `what listens on the socket is no gRPC server: HTTP ${status}, ${what}`);
}

/** The specification's table for answers without a gRPC status. */
export function codeOfHttpStatus(status: number): Code {
  switch (status) {
    case 400:
      return Code.Internal;
    case 401:
      return Code.Unauthenticated;
    case 403:
      return Code.PermissionDenied;
    case 404: // no such path: the method, or the whole of gRPC, is missing
      return Code.Unimplemented;
    case 429:
    case 502:
    case 503:
    case 504: // something between is overloaded or finds nobody behind it
      return Code.Unavailable;
    default:
      return Code.Unknown;
  }
}

/** The specification's table for streams that the server reset. */
function resetError(peer: string, resetCode: number): StatusError {
  const text = `${peer} reset the stream (HTTP/2 error ${resetCode})`;
  switch (resetCode) {
    case ErrorCode.NoError: // closed without an answer, which HTTP/2 itself should not allow
      return local(Code.Unavailable, `${peer} closed the stream without an answer`);
    case ErrorCode.RefusedStream: // surely not processed
      return new StatusError(Code.Unavailable, `${text}: refused`, { local: true, sent: false });
    case ErrorCode.Cancel:
      return local(Code.Canceled, `${text}: canceled`);
    case ErrorCode.EnhanceYourCalm:
      return local(Code.ResourceExhausted, `${text}: too many requests`);
    case ErrorCode.InadequateSecurity:
      return local(Code.PermissionDenied, `${text}: inadequate security`);
    default:
      return local(Code.Internal, text);
  }
}

function local(code: Code, message: string): StatusError {
  return new StatusError(code, message, { local: true });
}
