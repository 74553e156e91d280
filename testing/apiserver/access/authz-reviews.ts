/** The questions a client may ask about itself: may I, what may I, who am I. The answers are not stored. */

import { badRequest, field, invalid } from '../errors.ts';
import { child, isObject, type JsonObject, text, timestamp } from '../object.ts';
import { type Attributes, authorize, type RuleSource, rulesFor, type User } from './authz.ts';

const authorization = 'authorization.k8s.io/v1';

/**
 * Answers a SelfSubjectAccessReview: the review with its status.
 * Throws ApiError (422) if it does not ask for exactly one of a resource and a path.
 */
export function reviewAccess(source: RuleSource, user: User, review: JsonObject): JsonObject {
  const spec = child(review, 'spec');
  const forResource = isObject(spec.resourceAttributes);
  if (forResource === isObject(spec.nonResourceAttributes)) throw oneQuestionOnly(spec);
  const asked = child(spec, forResource ? 'resourceAttributes' : 'nonResourceAttributes');
  const decision = authorize(source, attributesOf(user, asked, forResource));
  return {
    kind: 'SelfSubjectAccessReview',
    apiVersion: authorization,
    metadata: {},
    spec,
    status: { allowed: decision.allowed, ...(decision.reason === '' ? {} : { reason: decision.reason }) },
  };
}

function attributesOf(user: User, asked: JsonObject, forResource: boolean): Attributes {
  return {
    user: user.name,
    groups: user.groups,
    verb: text(asked, 'verb'),
    apiGroup: text(asked, 'group'),
    // A review without a resource is still one about resources, and no rule grants the empty one.
    resource: forResource ? text(asked, 'resource') || ' ' : '',
    subresource: text(asked, 'subresource'),
    namespace: text(asked, 'namespace'),
    name: text(asked, 'name'),
    path: text(asked, 'path'),
  };
}

function oneQuestionOnly(spec: JsonObject): Error {
  const cause = isObject(spec.resourceAttributes)
    ? field.invalid(
        'spec.nonResourceAttributes',
        spec.nonResourceAttributes,
        'cannot be specified in combination with resourceAttributes',
      )
    : field.invalid(
        'spec.resourceAttributes',
        null,
        'exactly one of nonResourceAttributes or resourceAttributes must be specified',
      );
  return invalid({ group: 'authorization.k8s.io', name: 'SelfSubjectAccessReview' }, '', [cause]);
}

/** Answers a SelfSubjectRulesReview. Throws ApiError (400) if it names no namespace. */
export function reviewRules(source: RuleSource, user: User, review: JsonObject): JsonObject {
  const namespace = text(child(review, 'spec'), 'namespace');
  if (namespace === '') throw badRequest('no namespace on request');
  const { rules, error } = rulesFor(source, user, namespace);
  return {
    kind: 'SelfSubjectRulesReview',
    apiVersion: authorization,
    metadata: {},
    // The question is not repeated.
    spec: {},
    status: {
      resourceRules: rules.filter(hasAny('resources')).map(pick('verbs', 'apiGroups', 'resources', 'resourceNames')),
      nonResourceRules: rules.filter(hasAny('nonResourceURLs')).map(pick('verbs', 'nonResourceURLs')),
      incomplete: false,
      ...(error === undefined ? {} : { evaluationError: error }),
    },
  };
}

function hasAny(list: string): (rule: JsonObject) => boolean {
  return (rule) => Array.isArray(rule[list]) && rule[list].length > 0;
}

function pick(...names: readonly string[]): (rule: JsonObject) => JsonObject {
  return (rule) => Object.fromEntries(names.filter((name) => hasAny(name)(rule)).map((name) => [name, rule[name]]));
}

/** Answers a SelfSubjectReview, which `kubectl auth whoami` asks. */
export function reviewSelf(user: User & { readonly uid?: string }, nowMs: number): JsonObject {
  return {
    kind: 'SelfSubjectReview',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: { creationTimestamp: timestamp(nowMs) },
    status: {
      userInfo: { username: user.name, ...(user.uid ? { uid: user.uid } : {}), groups: [...user.groups] },
    },
  };
}
