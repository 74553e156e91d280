/** Lists: which versions of which objects, in pages that all show the state of the first. */

import { goJsonError } from '../codec/go-json.ts';
import { type ApiError, badRequest, expired, field, internal, invalid, tooLargeVersion } from '../errors.ts';
import type { ServerFeatures } from '../features.ts';
import { isObject, type JsonObject } from '../object.ts';
import type { Resource } from '../registry.ts';
import { viewOf } from './encodings.ts';
import type { Selector } from './selectors.ts';
import type { Collection, Store, Version } from './store.ts';

export interface ListOptions {
  readonly limit: number;
  readonly continueToken: string;
  /** As the client gave it, empty if it did not. */
  readonly resourceVersion: string;
  readonly match: string;
}

export interface Page {
  readonly metadata: JsonObject;
  readonly versions: readonly Version[];
}

const tooOldToken =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.';

/** Throws ApiError if the parameters contradict each other. */
export function readListOptions(
  query: URLSearchParams,
  features: Pick<ServerFeatures, 'resourceVersionMatch'>,
): ListOptions {
  const resourceVersion = query.get('resourceVersion') ?? '';
  const match = features.resourceVersionMatch ? (query.get('resourceVersionMatch') ?? '') : '';
  const continueToken = query.get('continue') ?? '';
  const limit = Number(query.get('limit') ?? '0') || 0;
  if (match !== '' && resourceVersion === '') {
    throw listOptionsInvalid('resourceVersionMatch is forbidden unless resourceVersion is provided');
  }
  if (match !== '' && continueToken !== '') {
    throw listOptionsInvalid('resourceVersionMatch is forbidden when continue is provided');
  }
  if (match === 'Exact' && resourceVersion === '0') {
    throw listOptionsInvalid('resourceVersionMatch "exact" is forbidden for resourceVersion "0"');
  }
  return { limit, continueToken, resourceVersion, match };
}

export function listOptionsInvalid(rule: string, path = 'resourceVersionMatch'): ApiError {
  return invalid({ group: 'meta.k8s.io', name: 'ListOptions' }, '', [field.forbidden(path, rule)]);
}

/** A resourceVersion that must be a number. Throws ApiError: 500 in a watch, 400 in a list, as the server does. */
export function parseRevision(value: string, verb: 'list' | 'watch'): number {
  if (/^\d+$/.test(value)) return Number(value);
  const why = `resourceVersion: Invalid value: ${JSON.stringify(value)}: strconv.ParseUint: parsing ${JSON.stringify(value)}: invalid syntax`;
  throw verb === 'watch' ? internal(why) : badRequest(`invalid resource version: ${why}`);
}

/** The revision that a list must wait for; 0 if none. */
export function awaitedRevision(options: ListOptions): number {
  if (options.continueToken !== '' || options.resourceVersion === '') return 0;
  return parseRevision(options.resourceVersion, 'list');
}

interface Source {
  readonly versions: Iterable<Version>;
  readonly revision: number;
  /** Keys before this one were on earlier pages. */
  readonly startKey: string;
  /** Tokens of an inconsistent continuation go without the leading slash. */
  readonly slash: string;
  readonly limit: number;
}

/** One page. `namespace` empty: of all namespaces. Throws ApiError. */
export function listPage(
  store: Store,
  collection: Collection,
  scope: { resource: Resource; namespace: string; selector: Selector },
  options: ListOptions,
): Page {
  const prefix = scope.namespace === '' ? '' : `${scope.namespace}/`;
  const source = sourceOf(store, collection, prefix, options);
  const { matches } = scope.selector;
  const found: Version[] = [];
  let remaining = 0;
  let continues = false;
  for (const version of source.versions) {
    if (!version.key.startsWith(prefix) || version.key < source.startKey) continue;
    if (matches !== undefined && !matches(viewOf(scope.resource, version))) continue;
    if (source.limit > 0 && found.length === source.limit) {
      continues = true;
      remaining++;
      if (matches !== undefined) break;
      continue;
    }
    found.push(version);
  }
  const metadata: JsonObject = { resourceVersion: String(source.revision) };
  if (continues) {
    const last = found.at(-1)?.key.slice(prefix.length) ?? '';
    metadata.continue = writeToken(source.revision, `${source.slash}${last}\0`);
    // With a selector the server does not know how many more there are.
    if (matches === undefined) metadata.remainingItemCount = remaining;
  }
  return { metadata, versions: found };
}

function sourceOf(store: Store, collection: Collection, prefix: string, options: ListOptions): Source {
  const { limit, resourceVersion, match } = options;
  const current = { versions: collection.values(), revision: store.revision, startKey: prefix, slash: '/', limit };
  if (options.continueToken !== '') return continuedFrom(store, collection, prefix, options);
  if (resourceVersion === '') return current;
  const revision = parseRevision(resourceVersion, 'list');
  // From the cache, which knows no pages.
  if (revision === 0) return { ...current, limit: 0 };
  const exact = match === 'Exact' || (match === '' && limit > 0);
  if (!exact) return current;
  if (revision > store.revision) throw tooLargeVersion(revision, store.revision);
  const versions = collection.at(revision);
  if (versions === undefined) throw expired('The resourceVersion for the provided list is too old.');
  return { ...current, versions, revision };
}

function continuedFrom(store: Store, collection: Collection, prefix: string, options: ListOptions): Source {
  if (options.resourceVersion !== '' && options.resourceVersion !== '0') {
    throw badRequest('specifying resource version is not allowed when using continue');
  }
  const token = readToken(options.continueToken);
  const start = token.start.replace(/^\//, '');
  const startKey = prefix + start;
  const { limit } = options;
  if (token.revision === -1) {
    return { versions: collection.values(), revision: store.revision, startKey, slash: '', limit };
  }
  if (token.revision > store.revision) throw internal('etcdserver: mvcc: required revision is a future revision');
  const versions = collection.at(token.revision);
  if (versions === undefined) throw expired(tooOldToken, writeToken(-1, start));
  return { versions, revision: token.revision, startKey, slash: '/', limit };
}

function writeToken(revision: number, start: string): string {
  return Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: revision, start })).toString('base64url');
}

function readToken(token: string): { revision: number; start: string } {
  const source = Buffer.from(token, 'base64url').toString('latin1');
  const problem = goJsonError(source);
  if (problem !== undefined) {
    throw badRequest(`invalid continue token: continue key is not valid: ${problem}`);
  }
  const value: unknown = JSON.parse(Buffer.from(token, 'base64url').toString());
  if (!isObject(value) || value.v !== 'meta.k8s.io/v1' || typeof value.start !== 'string') {
    throw badRequest(
      'invalid continue token: continue key is not valid: server does not recognize this encoded version',
    );
  }
  return { revision: Number(value.rv), start: value.start };
}
