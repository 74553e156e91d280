import { CsiError, codeName } from '../../csi/errors.ts';
import { KubeError, missingRule } from '../../kube/client/errors.ts';

/**
 * Why an attach or a detach cannot go on, found before the driver was asked: a bad object, or one that is not there
 * yet. `reason` is one word for metrics, events and conditions.
 */
export class OperationError extends Error {
  readonly reason: OperationErrorReason;

  constructor(reason: OperationErrorReason, message: string) {
    super(message);
    this.name = 'OperationError';
    this.reason = reason;
  }
}

export type OperationErrorReason =
  | 'InvalidSource'
  | 'VolumeNotFound'
  | 'VolumeDeleting'
  | 'NodeNotFound'
  | 'InvalidAccessMode'
  | 'SecretNotFound'
  | 'NotText'
  | 'HandleUnknown'
  /** The API server accepted a write and stored something else. */
  | 'WriteNotKept'
  /** The driver says that it cannot publish, and has published this volume. */
  | 'PublishUnsupported';

/** An error as users are shown it: its text, its gRPC code if the driver gave one, and one word. */
export interface Failure {
  message: string;
  code: number | undefined;
  reason: string;
}

const missing = '; the missing rule is ';

/** True for a failure, one that has timed out too, that goes away when the role is mended. */
export function lacksPermission(failure: Failure): boolean {
  return failure.message.includes(missing);
}

/** Describes anything that was thrown on the way of a volume. */
export function describeFailure(error: unknown): Failure {
  if (error instanceof CsiError) return { message: error.toString(), code: error.code, reason: codeName(error.code) };
  if (error instanceof OperationError) return { message: error.message, code: undefined, reason: error.reason };
  if (error instanceof KubeError) {
    const rule = missingRule(error);
    const message = rule === undefined ? error.message : `${error.message}${missing}${rule}`;
    return { message, code: undefined, reason: error.reason || 'ApiError' };
  }
  return { message: error instanceof Error ? error.message : String(error), code: undefined, reason: 'InternalError' };
}
