import type { Clock } from '../../base/clock.ts';
import type { Files } from '../../base/files.ts';
import { asArray, asObject, asString, type JsonObject } from '../codec/values.ts';
import type { Access, TlsMaterial } from './access.ts';
import { type Credentials, noCredentials, RenewedToken, staticToken } from './credentials.ts';
import { AccessError, isToken, readFile, readToken } from './files.ts';

export interface KubeconfigOptions {
  path: string;
  /** The namespace of the pod, which goes before that of the context. */
  namespace?: string | undefined;
  files: Files;
  clock: Clock;
}

/** Access as the current context of a kubeconfig says. Throws AccessError. */
export async function kubeconfigAccess(options: KubeconfigOptions): Promise<Access> {
  const text = await readFile(options.files, options.path, 'given by --kubeconfig');
  const config = new Kubeconfig(options, await parsed(options.path, text));
  const access = await config.access();
  await access.tls();
  await access.credentials.token();
  return access;
}

const pluginKeys = ['exec', 'auth-provider'];
const unsupportedUserKeys = ['as', 'as-uid', 'as-groups', 'as-user-extra', 'username', 'password'];

/** One file, of which only the current context matters. */
class Kubeconfig {
  readonly #options: KubeconfigOptions;
  readonly #contextName: string;
  readonly #context: JsonObject;
  readonly #clusterName: string;
  readonly #cluster: JsonObject;
  readonly #userName: string;
  readonly #user: JsonObject;

  constructor(options: KubeconfigOptions, document: JsonObject) {
    this.#options = options;
    this.#contextName = asString(document['current-context']);
    if (this.#contextName === '') throw this.#error('current-context is not set');
    this.#context = this.#named(document, 'context', this.#contextName);
    this.#clusterName = asString(this.#context.cluster);
    this.#cluster = this.#named(document, 'cluster', this.#clusterName);
    this.#userName = asString(this.#context.user);
    this.#user = this.#userName === '' ? {} : this.#named(document, 'user', this.#userName);
  }

  async access(): Promise<Access> {
    const server = this.#server();
    this.#refuseUnsupported();
    const namespace = this.#options.namespace ?? (asString(this.#context.namespace) || undefined);
    const plugin = pluginKeys.find((key) => this.#user[key] !== undefined);
    if (plugin === undefined) return { server, namespace, credentials: this.#credentials(), tls: () => this.#tls() };
    // Loaded only here: it is large, and nothing else needs it.
    const { PluginUser } = await import('./plugin-user.ts');
    const user = await this.#plugin(() => new PluginUser({ path: this.#options.path, clock: this.#options.clock }));
    const credentials = user.credentials;
    const tls = async () => ({ ...(await this.#tls()), ...(await this.#plugin(() => user.certificate())) });
    return { server, namespace, credentials, tls };
  }

  async #plugin<T>(use: () => T | Promise<T>): Promise<T> {
    try {
      return await use();
    } catch (error) {
      const reason = error instanceof Error ? error.message.trim() : String(error);
      throw this.#error(`user "${this.#userName}": its credential plugin failed: ${reason}`, error);
    }
  }

  #server(): URL {
    const text = asString(this.#cluster.server);
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
      throw this.#error(`cluster "${this.#clusterName}": server is "${text}", not an https:// or http:// address`);
    }
    return url;
  }

  #refuseUnsupported(): void {
    if (asString(this.#cluster['proxy-url']) !== '') {
      throw this.#error(`cluster "${this.#clusterName}": proxy-url is not supported`);
    }
    const key = unsupportedUserKeys.find((name) => this.#user[name] !== undefined);
    if (key !== undefined) {
      const allowed = 'token, tokenFile, client-certificate and client-key (or their -data), exec, auth-provider';
      throw this.#error(`user "${this.#userName}": ${key} is not supported (allowed: ${allowed})`);
    }
  }

  #credentials(): Credentials {
    const tokenFile = asString(this.#user.tokenFile);
    if (tokenFile !== '') {
      const { files, clock } = this.#options;
      return new RenewedToken({ clock, read: () => readToken(files, this.#resolve(tokenFile)) });
    }
    const token = asString(this.#user.token);
    if (token === '') return noCredentials;
    if (!isToken(token)) throw this.#error(`user "${this.#userName}": token has characters that no token has`);
    return staticToken(token);
  }

  async #tls(): Promise<TlsMaterial> {
    const ca = await this.#pem(this.#cluster, `cluster "${this.#clusterName}"`, 'certificate-authority');
    const cert = await this.#pem(this.#user, `user "${this.#userName}"`, 'client-certificate');
    const key = await this.#pem(this.#user, `user "${this.#userName}"`, 'client-key');
    if ((cert === undefined) !== (key === undefined)) {
      throw this.#error(`user "${this.#userName}": client-certificate and client-key go together, only one is there`);
    }
    const serverName = asString(this.#cluster['tls-server-name']) || undefined;
    return { ca, cert, key, serverName, insecure: this.#cluster['insecure-skip-tls-verify'] === true };
  }

  /** `<key>-data` (base64) or the file that `<key>` names; the former wins, as in kubectl. */
  async #pem(section: JsonObject, where: string, key: string): Promise<string | undefined> {
    const data = asString(section[`${key}-data`]);
    const path = asString(section[key]);
    if (data === '' && path === '') return undefined;
    const file = this.#resolve(path);
    const pem = data === '' ? await readFile(this.#options.files, file) : Buffer.from(data, 'base64').toString('utf8');
    if (pem.includes('-----BEGIN')) return pem;
    if (data === '') throw this.#error(`${where}: ${key} names ${file}, which is not PEM`);
    throw this.#error(`${where}: ${key}-data is not PEM in base64`);
  }

  /** Paths in a kubeconfig are relative to it. */
  #resolve(path: string): string {
    const folder = this.#options.path.slice(0, this.#options.path.lastIndexOf('/') + 1);
    return path.startsWith('/') ? path : folder + path;
  }

  /** The entry called `name` of the list `<kind>s`. */
  #named(document: JsonObject, kind: 'context' | 'cluster' | 'user', name: string): JsonObject {
    const entries = asArray(document[`${kind}s`]).map(asObject);
    const entry = entries.find((candidate) => candidate.name === name);
    if (entry !== undefined) return asObject(entry[kind]);
    const names = entries.map((candidate) => `"${asString(candidate.name)}"`).join(', ') || 'none';
    throw this.#error(`there is no ${kind} "${name}" (there are: ${names})`);
  }

  #error(message: string, cause?: unknown): AccessError {
    return kubeconfigError(this.#options.path, message, cause);
  }
}

function kubeconfigError(path: string, message: string, cause?: unknown): AccessError {
  return new AccessError(`kubeconfig ${path}: ${message}`, { cause });
}

async function parsed(path: string, text: string): Promise<JsonObject> {
  let document: unknown;
  try {
    document = parseJson(text) ?? (await parseYaml(text));
  } catch (error) {
    // The first line says what and where; the rest quotes the file, which may hold tokens.
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
    throw kubeconfigError(path, `not YAML: ${reason}`);
  }
  if (typeof document !== 'object' || document === null) throw kubeconfigError(path, 'not a kubeconfig');
  return asObject(document);
}

/** JSON is YAML too, and reading it takes nothing that stays. Undefined if it is none, or wrong: YAML then says where. */
function parseJson(text: string): unknown {
  if (!text.trimStart().startsWith('{')) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Loads the parser, a MiB that stays. */
async function parseYaml(text: string): Promise<unknown> {
  const { parse } = await import('yaml');
  return parse(text);
}
