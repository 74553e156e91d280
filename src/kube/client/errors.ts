import type { StatusDetails } from '../codec/status.ts';

/** The request that failed, in RBAC's words. `name` is absent for list, watch and create. */
export interface RequestInfo {
  readonly verb: 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch';
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string | undefined;
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
}

export interface KubeErrorOptions {
  code: number;
  reason: string;
  sent: boolean;
  retryAfterMs?: number | undefined;
  details?: StatusDetails | undefined;
  request?: RequestInfo | undefined;
  cause?: unknown;
}

/** The API server refused, or did not answer. */
export class KubeError extends Error {
  /** HTTP status; 0 if there was no answer. */
  readonly code: number;
  /** Status.reason (`NotFound`, `Conflict`, …); without an answer the transport's kind of failure (`refused`, …). */
  readonly reason: string;
  /** A write may have been done although it failed: its answer was lost, or the server failed on the way. */
  readonly sent: boolean;
  /** How long the server asks to wait before the next try. */
  readonly retryAfterMs: number | undefined;
  readonly details: StatusDetails | undefined;
  readonly request: RequestInfo | undefined;

  constructor(message: string, options: KubeErrorOptions) {
    super(message, { cause: options.cause });
    this.name = 'KubeError';
    this.code = options.code;
    this.reason = options.reason;
    this.sent = options.sent;
    this.retryAfterMs = options.retryAfterMs;
    this.details = options.details;
    this.request = options.request;
  }
}

/** The object (or, on create, its namespace) is not there: a 404 that names it. */
export function isNotFound(error: unknown): boolean {
  return error instanceof KubeError && error.code === 404 && !isUnknownResource(error);
}

/**
 * A 404 that names no object: the server does not have such a resource, or not yet (before Kubernetes 1.23 it answers
 * so while it starts), or somebody between us and the server has answered. It says nothing about any object.
 */
export function isUnknownResource(error: unknown): boolean {
  return error instanceof KubeError && error.code === 404 && (error.details?.name ?? '') === '';
}

/** 409: the object changed since it was read, or (`reason` AlreadyExists) somebody created it first. */
export function isConflict(error: unknown): boolean {
  return error instanceof KubeError && error.code === 409;
}

/** 422: a rule of the API is broken, or the `test` or uid of a patch does not hold. */
export function isInvalid(error: unknown): boolean {
  return error instanceof KubeError && error.code === 422;
}

/** The server does not take that field: it is older than the field, and strict about it. */
export function refusesField(error: unknown, field: string): boolean {
  if (!(error instanceof KubeError) || (error.code !== 400 && error.code !== 422)) return false;
  return error.message.includes(field) || error.details?.causes.some((cause) => cause.field.includes(field)) === true;
}

/** 403, from whomever: the authorizer, an admission webhook or policy, a proxy in between. */
export function isForbidden(error: unknown): boolean {
  return error instanceof KubeError && error.code === 403;
}

/** What an authorizer's refusal says, whatever it is followed by: who cannot do what. */
const authorizerRefusal = /^(?!admission webhook )[^:]*\bforbidden: User "(?:[^"\\]|\\.)*" cannot [a-z]+ /;

/** True for a 403 of the API server's authorizer: a rule is missing. An admission webhook that denies is none. */
export function isRefusedByAuthorizer(error: unknown): boolean {
  return error instanceof KubeError && error.code === 403 && authorizerRefusal.test(error.message);
}

/** 410: a resourceVersion or a continue token that the server no longer has. */
export function isGone(error: unknown): boolean {
  return error instanceof KubeError && error.code === 410;
}

/**
 * For a refusal by the authorizer: the RBAC rule that is missing, as it would stand in a role; undefined for every other
 * error, an admission webhook's denial for one.
 */
export function missingRule(error: unknown): string | undefined {
  if (!(error instanceof KubeError) || !isRefusedByAuthorizer(error) || error.request === undefined) return undefined;
  const { verb, group, resource, subresource, namespace } = error.request;
  const full = subresource === undefined ? resource : `${resource}/${subresource}`;
  const where = namespace === undefined ? 'ClusterRole' : `Role in namespace ${namespace}, or ClusterRole`;
  return `apiGroups: ["${group}"], resources: ["${full}"], verbs: ["${verb}"] (${where})`;
}

/** The missing rule as a field of a log line; none for every other error. */
export function ruleDetails(error: unknown): { missingRule?: string } {
  const rule = missingRule(error);
  return rule === undefined ? {} : { missingRule: rule };
}
