/** gRPC status codes, with the numbers of the wire and the spelling of the `grpc_status_code` metric label (Go's). */
export const Code = {
  OK: 0,
  Canceled: 1,
  Unknown: 2,
  InvalidArgument: 3,
  DeadlineExceeded: 4,
  NotFound: 5,
  AlreadyExists: 6,
  PermissionDenied: 7,
  ResourceExhausted: 8,
  FailedPrecondition: 9,
  Aborted: 10,
  OutOfRange: 11,
  Unimplemented: 12,
  Internal: 13,
  Unavailable: 14,
  DataLoss: 15,
  Unauthenticated: 16,
} as const;
export type Code = (typeof Code)[keyof typeof Code];

const names = Object.entries(Code) as [keyof typeof Code, Code][];

/** Go's name of a code; `Code(n)` for a number that gRPC does not know, as Go prints it. */
export function codeName(code: number): string {
  return names.find(([, value]) => value === code)?.[0] ?? `Code(${code})`;
}

/** A call that ended with a status other than OK: the server's own, or one that was made up on the way to it. */
export class StatusError extends Error {
  readonly code: number;
  /** The failure was made on our side of the wire (deadline, lost connection, an answer that makes no sense). */
  readonly local: boolean;
  /** False only if surely nothing of the request reached the server. */
  readonly sent: boolean;

  constructor(code: number, message: string, options: { local?: boolean; sent?: boolean; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = 'StatusError';
    this.code = code;
    this.local = options.local ?? false;
    this.sent = options.sent ?? true;
  }

  /** For every catch around a call: an error that is none of ours is a mistake somewhere, and uncertain. */
  static from(error: unknown): StatusError {
    if (error instanceof StatusError) return error;
    const message = error instanceof Error ? error.message : String(error);
    return new StatusError(Code.Unknown, message, { local: true, cause: error });
  }

  /** The form that Go's status errors print, which users search for. */
  override toString(): string {
    return `rpc error: code = ${codeName(this.code)} desc = ${this.message}`;
  }
}
