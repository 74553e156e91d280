/**
 * The embedded API server without any network: a request goes in, an answer comes out, and time and randomness come
 * from outside, so that the same requests give the same answers.
 */
import type { Clock } from '../../src/base/clock.ts';
import type { Random } from '../../src/base/random.ts';
import { Access, initialObjects } from './access/access.ts';
import { authorize } from './access/authz.ts';
import { reviewAccess, reviewRules, reviewSelf } from './access/authz-reviews.ts';
import { actingUser } from './access/impersonation.ts';
import { type TokenEntry, Tokens, type User } from './access/tokens.ts';
import { type CoreAnswer, type CoreRequest, done } from './answers.ts';
import { canonical } from './codec/canonical.ts';
import { negotiate } from './codec/negotiate.ts';
import { documentAnswer, pageNotFound, type ServerDescription } from './documents.ts';
import { ApiError, internal, methodNotAllowed, noSuchResource } from './errors.ts';
import type { Extension } from './extension.ts';
import { allFeatures, type ServerFeatures } from './features.ts';
import { type Registry, registryFor } from './registry.ts';
import { type RequestInfo, readRequest } from './request.ts';
import { RequestMetrics } from './request-metrics.ts';
import { ResourceRequests } from './resource-requests.ts';
import { messageNamed } from './schema/message.ts';
import { olderResources } from './schema/older-resources.ts';
import { type ServedResource, servedResource, servedResources } from './schema/resources.ts';
import { encode } from './storage/encodings.ts';
import { type Backup, Store } from './storage/store.ts';
import type { UserAdmission } from './writes/admission.ts';
import { decodeBody } from './writes/bodies.ts';

export interface ApiServerOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly tokens?: Iterable<TokenEntry> | undefined;
  /** What differs from a new server. */
  readonly features?: Partial<ServerFeatures> | undefined;
  /** Events of each kind that watches can still see (10,000 unless told); older versions are answered 410. */
  readonly historyLimit?: number | undefined;
  /** A reader of a watch that is this many events behind is cut off (500 unless told). */
  readonly watchBuffer?: number | undefined;
  /** Absent: a server of which nobody asks for Tables, OpenAPI or server-side apply. */
  readonly extension?: Extension | undefined;
  /** False: without the roles and bindings that every cluster begins with. */
  readonly defaultPolicy?: boolean | undefined;
}

export class ApiServer {
  readonly tokens: Tokens;
  readonly store: Store;
  readonly features: ServerFeatures;
  /** Mutating webhooks: what becomes of an update that somebody has sent. */
  admission: UserAdmission | undefined;
  readonly #clock: Clock;
  readonly #registry: Registry;
  /** Stored resources and reviews. */
  readonly #served: readonly ServedResource[];
  readonly #extension: Extension | undefined;
  readonly #access: Access;
  readonly #resources: ResourceRequests;
  readonly #metrics = new RequestMetrics();

  constructor(options: ApiServerOptions) {
    this.features = { ...allFeatures, ...options.features };
    this.tokens = new Tokens(options.tokens ?? []);
    this.store = new Store({ historyLimit: options.historyLimit ?? 10_000 });
    this.#registry = registryFor(this.features);
    this.#served = [...servedResources, ...olderResources].filter(
      (each) => isReview(each.group) || this.#registry(each) !== undefined,
    );
    this.#extension = options.extension;
    this.#access = new Access(this.store);
    const { clock, random, extension } = options;
    this.#clock = clock;
    const { store, features } = this;
    this.#resources = new ResourceRequests({
      store,
      clock,
      random,
      features,
      extension,
      watchBuffer: options.watchBuffer ?? 500,
    });
    for (const { group, plural, object } of initialObjects(options.defaultPolicy ?? true))
      this.#seed(group, plural, object);
  }

  /** Answers one request. Never throws. */
  handle(request: CoreRequest): CoreAnswer {
    const info = readRequest(request.method, request.path);
    return this.#guarded(request, info, () => {
      const sender = this.tokens.authenticate(request.headers.authorization);
      const user = actingUser(sender, request.headers, (attributes) => authorize(this.#access.rules, attributes));
      this.#access.check(user, info);
      const { admission } = this;
      this.#resources.writer.admission = admission && ((object, old) => admission(object, old, user.name));
      return this.#dispatch(user, info, request);
    });
  }

  get #description(): ServerDescription {
    return { resources: this.#served, minor: this.features.minor, extension: this.#extension };
  }

  /** Watches that are open. */
  get watchCount(): number {
    return this.#resources.watchCount;
  }

  /** Ends all watches cleanly, as the server does when it falls behind or shuts down. */
  endWatches(): void {
    this.#resources.endWatches();
  }

  /** As after a restart: watches end, and earlier versions are too old to watch from. Objects stay. */
  restart(): void {
    this.endWatches();
    this.store.forgetHistory();
  }

  /** All objects as they are now, for `restore`. */
  backup(): Backup {
    return this.store.backup();
  }

  /** As after a restart on data of an earlier moment: resourceVersions go back, and what was written since is gone. */
  restore(backup: Backup): void {
    this.endWatches();
    this.store.restore(backup);
  }

  #guarded(request: CoreRequest, info: RequestInfo, answer: () => CoreAnswer): CoreAnswer {
    const given = this.#answered(request, answer);
    if (given.kind === 'later') return { ...given, answer: () => this.#guarded(request, info, given.answer) };
    this.#metrics.add(info, request.headers['content-type'], given.kind === 'done' ? given.status : 200);
    return given;
  }

  #answered(request: CoreRequest, answer: () => CoreAnswer): CoreAnswer {
    try {
      return answer();
    } catch (error) {
      return this.#failure(request, error);
    }
  }

  #failure(request: CoreRequest, error: unknown): CoreAnswer {
    const known = error instanceof ApiError ? error : internal(`Internal error occurred: ${String(error)}`);
    let format: { contentType: string; format: 'json' | 'yaml' | 'protobuf' };
    try {
      format = negotiate(request.headers.accept, { protobuf: this.features.protobuf, tables: false });
    } catch {
      format = { contentType: 'application/json', format: 'json' };
    }
    return done(known.code, format.contentType, encode(format.format, known.status()));
  }

  #dispatch(user: User, info: RequestInfo, request: CoreRequest): CoreAnswer {
    const path = info.resource;
    if (path === undefined)
      return info.path === '/metrics' ? this.#metrics.answer() : documentAnswer(info, request, this.#description);
    const resource = this.#registry(path);
    if (resource !== undefined) return this.#resources.handle(resource, path, info, request);
    const review = isReview(path.group) ? servedResource(path.group, path.plural) : undefined;
    if (review !== undefined) return this.#review(user, review, info, request);
    const isKnown = this.#served.some((each) => each.group === path.group && each.version === path.version);
    if (!isKnown) return pageNotFound();
    throw noSuchResource();
  }

  #review(user: User, resource: ServedResource, info: RequestInfo, request: CoreRequest): CoreAnswer {
    if (info.verb !== 'create' || info.resource?.name !== '') throw methodNotAllowed();
    const accepted = negotiate(request.headers.accept, { protobuf: this.features.protobuf, tables: false });
    const body = { bytes: request.body, contentType: request.headers['content-type'] };
    const review = canonical(messageNamed(resource.message), decodeBody(body, resource.kind)).object;
    const answers: Readonly<Record<string, () => Record<string, unknown>>> = {
      selfsubjectaccessreviews: () => reviewAccess(this.#access.rules, user, review),
      selfsubjectrulesreviews: () => reviewRules(this.#access.rules, user, review),
      selfsubjectreviews: () => reviewSelf(user, this.#clock.now()),
    };
    const answer = answers[resource.plural];
    if (answer === undefined) throw noSuchResource();
    return done(201, accepted.contentType, encode(accepted.format, answer()));
  }

  #seed(group: string, plural: string, object: Record<string, unknown>): void {
    const resource = this.#registry({ group, version: 'v1', plural });
    if (resource === undefined) return;
    const target = { resource, namespace: '', name: '', subresource: '', query: new URLSearchParams() };
    this.#resources.writer.createObject(target, object);
  }
}

/** Reviews are answered, and not stored. */
function isReview(group: string): boolean {
  return group === 'authentication.k8s.io' || group === 'authorization.k8s.io';
}
