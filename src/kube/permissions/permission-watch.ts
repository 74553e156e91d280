import { type Clock, sleep } from '../../base/clock.ts';
import type { Logger } from '../../base/log/logger.ts';
import type { ObjectMeta } from '../api/objects.ts';
import type { KubeClient } from '../client/client.ts';
import type { KubeError } from '../client/errors.ts';
import { noMeta } from '../codec/meta.ts';
import type { Resource } from '../codec/resources.ts';
import { asObject } from '../codec/values.ts';
import { roleYaml } from './role-yaml.ts';
import { type Permission, permissionFor, permissionsOf, permissionText, type Rule, toRules } from './rule.ts';

export interface PermissionWatchOptions {
  client: KubeClient;
  clock: Clock;
  logger: Logger;
  /** Refusals of these are somebody else's to tell. */
  ignore: (permission: Permission) => boolean;
  /** Called when something is allowed that was refused before. */
  onGranted: () => void;
}

/** How soon what was found missing is looked at again before it is told, and how often it is while it is missing. */
const confirmMs = 1_000;
const askAgainMs = 3_000;
/** Reviews in a row that failed, after which only the next refusal begins again. */
const maxFailures = 20;

/**
 * Asks the API server which of the permissions that are needed are missing, tells all of them in one message, and asks
 * again every few seconds until they are there. An API server that has just started refuses everything, and these
 * questions too, until it has read its roles: what is told was found missing twice.
 */
export class PermissionWatch {
  readonly #options: PermissionWatchOptions;
  readonly #logger: Logger;
  readonly #stopping = new AbortController();
  #roleName = '';
  #needed = new Map<string, Permission>();
  /** Empty until a refusal names it. */
  #user: string | undefined;
  /** Something was refused since the last review began. */
  #isRefused = false;
  #running: Promise<void> | undefined;

  constructor(options: PermissionWatchOptions) {
    this.#options = options;
    this.#logger = options.logger.named('kube/permissions/permission-watch');
  }

  /** Looks at these from now on, and at once. `roleName` is what a role that grants them may be called. */
  need(rules: readonly Rule[], roleName: string): void {
    this.#roleName = roleName;
    this.#needed = new Map(permissionsOf(rules).map((each) => [permissionText(each), each]));
    this.#begin();
  }

  /** To be told of each refusal by the authorizer. */
  refused({ request, message }: KubeError): void {
    if (request === undefined || request.group === reviews.group) return;
    const permission = permissionFor(request);
    if (this.#options.ignore(permission)) return;
    this.#user ??= /\bUser "([^"\\]+)"/.exec(message)?.[1];
    this.#needed.set(permissionText(permission), permission);
    this.#begin();
  }

  /** Resolves when no question is under way. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  #begin(): void {
    this.#isRefused = true;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  /** Until nothing is missing, or nobody answers. */
  async #run(): Promise<void> {
    const { clock, onGranted } = this.#options;
    const { signal } = this.#stopping;
    let missing: readonly Permission[] = [];
    let told = '';
    for (let failures = 0; failures < maxFailures && !signal.aborted; ) {
      const asked = this.#isRefused ? [...this.#needed.values()] : missing;
      this.#isRefused = false;
      const found = await this.#review(asked);
      if (signal.aborted) return;
      if (found === undefined) {
        failures++;
      } else {
        const stillMissing = new Set(found.map(permissionText));
        if (failures > 0 || missing.some((each) => !stillMissing.has(permissionText(each)))) onGranted();
        failures = 0;
        const text = [...stillMissing].join(', ');
        if (text !== '' && text === missing.map(permissionText).join(', ') && text !== told) {
          this.#tell(found, text);
          told = text;
        }
        missing = found;
        if (missing.length === 0 && !this.#isRefused) break;
      }
      await sleep(clock, told === '' && missing.length > 0 ? confirmMs : askAgainMs, signal);
    }
    if (told !== '' && missing.length === 0) this.#logger.info('All permissions are there');
  }

  #tell(missing: readonly Permission[], text: string): void {
    const rules = toRules([...this.#needed.values()]);
    const yaml = roleYaml(this.#roleName, rules, this.#user);
    const fields = { missing: text, allThatIsNeeded: yaml };
    const count = `${missing.length} permission${missing.length === 1 ? ' is' : 's are'} missing`;
    this.#logger.warning(`${count}; work goes on within seconds once they are granted`, fields);
  }

  /** Those that are not allowed; undefined if the server does not tell. */
  async #review(permissions: readonly Permission[]): Promise<Permission[] | undefined> {
    const { client } = this.#options;
    const { signal } = this.#stopping;
    try {
      const answers = await Promise.all(
        permissions.map((each) =>
          client.create(reviews, { spec: { resourceAttributes: attributes(each) } }, { signal }),
        ),
      );
      return permissions.filter((_, at) => answers[at]?.allowed !== true);
    } catch (error) {
      this.#logger.debug(2, 'Cannot ask which permissions are missing', { err: error });
      return undefined;
    }
  }
}

function attributes({ verb, group, resource, namespace }: Permission): object {
  const [name, subresource] = resource.split('/');
  return { verb, group, resource: name, ...(subresource === undefined ? {} : { subresource }), namespace };
}

interface Review extends ObjectMeta {
  readonly allowed: boolean;
}

const reviews: Resource<Review> = {
  ...{ group: 'authorization.k8s.io', version: 'v1', plural: 'selfsubjectaccessreviews' },
  ...{ kind: 'SelfSubjectAccessReview', namespaced: false },
  decodeJson: (value) => ({ ...noMeta, allowed: asObject(asObject(value).status).allowed === true }),
};
