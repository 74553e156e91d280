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

/** The driver, or the way to it, answered something other than OK. */
export class CsiError extends Error {
  readonly code: number;
  /** The failure was made on our side of the wire (deadline, lost connection, an answer that makes no sense). */
  readonly local: boolean;
  /** False only if surely nothing of the request reached the driver. */
  readonly sent: boolean;

  constructor(code: number, message: string, options: { local?: boolean; sent?: boolean; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = 'CsiError';
    this.code = code;
    this.local = options.local ?? false;
    this.sent = options.sent ?? true;
  }

  /** For every catch around the driver: an error that is none of ours is a mistake somewhere, and uncertain. */
  static from(error: unknown): CsiError {
    if (error instanceof CsiError) return error;
    const message = error instanceof Error ? error.message : String(error);
    return new CsiError(Code.Unknown, message, { local: true, cause: error });
  }

  /** The form that Go's status errors print, which users search for. */
  override toString(): string {
    return `rpc error: code = ${codeName(this.code)} desc = ${this.message}`;
  }
}

/**
 * False if the call may still be going on in the driver, or may have been done though the answer was lost. Such a
 * volume must be treated as if it were published.
 */
export function isFinal(code: number): boolean {
  switch (code) {
    case Code.Canceled: // we, or somebody between, gave up waiting; the driver did not
    case Code.DeadlineExceeded: // the same, by the clock
    case Code.Unavailable: // the connection broke, perhaps after the request was read
    case Code.ResourceExhausted: // may be a quota met half-way, or the answer over the size limit
    case Code.Aborted: // an earlier call for this volume is still running
    case Code.Unknown: // what a broken transport or a driver's plain error becomes
      return false;
    default:
      return true;
  }
}

/** As isFinal, for a whole error: what was made up on our side says nothing about what the driver did. */
export function isFinalError(error: CsiError): boolean {
  return !error.local && isFinal(error.code);
}
