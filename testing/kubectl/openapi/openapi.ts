/** The OpenAPI documents: one for each group in version 3, which today's clients read, and one for all in version 2. */
import { createHash } from 'node:crypto';
import { notAcceptable } from '../../apiserver/errors.ts';
import type { Document } from '../../apiserver/extension.ts';
import type { JsonObject } from '../../apiserver/object.ts';
import { messageNamed } from '../../apiserver/schema/message.ts';
import { type ServedResource, servedResources } from '../../apiserver/schema/resources.ts';
import { pathsOf, type Style, version2, version3 } from './paths.ts';
import { encodeOpenApi } from './protobuf.ts';
import { groupVersionPath, schemasOf } from './schemas.ts';

const info = { title: 'Kubernetes', version: 'v1.36.2' };
/** The documents are large and never change. */
const documents = new Map<string, Document>();

/**
 * Answers a GET of `/openapi/…` (without query); undefined if there is no such document.
 * Throws ApiError (406) for clients that take version 3 as protobuf only, in which it is not made here.
 */
export function answerOpenApi(path: string, accept: string): Document | undefined {
  const make = makers().get(path);
  if (make === undefined) return undefined;
  const asProtobuf = path === '/openapi/v2' && accept.includes('+protobuf');
  if (!asProtobuf && !acceptsJson(accept)) throw notAcceptable('application/json');
  const key = asProtobuf ? `${path} protobuf` : path;
  let answer = documents.get(key);
  if (answer === undefined) {
    answer = asProtobuf
      ? { contentType: protobufType, body: encodeOpenApi(make()) }
      : { contentType: 'application/json', body: Buffer.from(JSON.stringify(make())) };
    documents.set(key, answer);
  }
  return answer;
}

const protobufType = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';

function acceptsJson(accept: string): boolean {
  return accept === '' || /application\/json|\*\/\*|application\/\*/.test(accept);
}

function makers(): Map<string, () => JsonObject> {
  const groups = Map.groupBy(servedResources, groupVersionPath);
  const found = new Map<string, () => JsonObject>([
    ['/openapi/v2', wholeDocument],
    ['/openapi/v3', () => index([...groups.keys()])],
  ]);
  for (const [path, resources] of groups) found.set(`/openapi/v3/${path}`, () => groupDocument(path, resources));
  return found;
}

/** Where each group's document is; the hash lets clients keep it for as long as it stays the same. */
function index(groupPaths: readonly string[]): JsonObject {
  const entries = groupPaths.map((groupPath) => {
    const path = `/openapi/v3/${groupPath}`;
    const document = answerOpenApi(path, '')?.body ?? new Uint8Array();
    const hash = createHash('sha256').update(document).digest('hex').toUpperCase();
    return [groupPath, { serverRelativeURL: `${path}?hash=${hash}` }];
  });
  return { paths: Object.fromEntries(entries) as JsonObject };
}

function groupDocument(groupPath: string, resources: readonly ServedResource[]): JsonObject {
  const messages = resources.map((resource) => messageNamed(resource.message));
  return {
    openapi: '3.0.0',
    info,
    paths: allPaths(resources, () => `/${groupPath}`, version3),
    components: { schemas: schemasOf(messages, '#/components/schemas/') },
  };
}

function wholeDocument(): JsonObject {
  const messages = servedResources.map((resource) => messageNamed(resource.message));
  return {
    swagger: '2.0',
    info,
    paths: allPaths(servedResources, (resource) => `/${groupVersionPath(resource)}`, version2),
    definitions: schemasOf(messages, '#/definitions/'),
  };
}

function allPaths(
  resources: readonly ServedResource[],
  rootOf: (resource: ServedResource) => string,
  style: Style,
): JsonObject {
  return Object.assign({}, ...resources.map((resource) => pathsOf(rootOf(resource), resource, style))) as JsonObject;
}
