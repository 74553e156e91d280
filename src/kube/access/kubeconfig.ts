import type { Clock } from '../../base/clock.ts';
import type { Files } from '../../base/files.ts';
import type { Logger } from '../../base/log/logger.ts';
import type { Programs } from '../../base/programs.ts';
import { asArray, asObject, type JsonObject } from '../codec/values.ts';
import type { TlsMaterial } from './access.ts';
import { ExecPlugin } from './exec-plugin.ts';
import { type AccessError, isToken, readFile, readToken } from './files.ts';
import { kubeconfigError, textOf, truthOf } from './kubeconfig-document.ts';
import type { AccessReading } from './live-access.ts';
import type { ProviderUser } from './provider-user.ts';

export interface KubeconfigOptions {
  path: string;
  files: Files;
  clock: Clock;
  programs: Programs;
  logger: Logger;
  stop?: AbortSignal | undefined;
}

const unsupportedUserKeys = ['as', 'as-uid', 'as-groups', 'as-user-extra', 'username', 'password'];
const proxySchemes = ['http:', 'https:', 'socks5:'];
/** The extension of a cluster that is handed on to the plugin. */
const pluginExtension = 'client.authentication.k8s.io/exec';

/** One document, of which only the current context matters. */
export class Kubeconfig {
  /** The context's; undefined if it has none. */
  readonly namespace: string | undefined;
  readonly #options: KubeconfigOptions;
  readonly #cluster: JsonObject;
  readonly #user: JsonObject;
  /** Where in the file they stand, for messages. */
  readonly #clusterPlace: string;
  readonly #userPlace: string;
  readonly #server: URL;
  readonly #proxy: URL | undefined;
  readonly #plugin: ExecPlugin | undefined;
  #provider: ProviderUser | undefined;

  /** Throws AccessError for what can be told without reading other files. */
  constructor(options: KubeconfigOptions, document: JsonObject) {
    this.#options = options;
    const contextName = this.#text(document, 'current-context', '');
    if (contextName === '') throw this.#error('current-context is not set');
    const context = this.#named(document, 'context', contextName);
    const place = `context "${contextName}"`;
    this.namespace = this.#text(context, 'namespace', place) || undefined;
    const clusterName = this.#text(context, 'cluster', place);
    this.#cluster = this.#named(document, 'cluster', clusterName);
    this.#clusterPlace = `cluster "${clusterName}"`;
    const userName = this.#text(context, 'user', place);
    this.#user = userName === '' ? {} : this.#named(document, 'user', userName);
    this.#userPlace = `user "${userName}"`;
    this.#server = this.#serverUrl();
    this.#proxy = this.#proxyUrl();
    this.#refuseUnsupported();
    this.#plugin = this.#execPlugin();
  }

  /** Reads the files that it names, and asks its plugin if that is due. Rejects with AccessError. */
  async read(): Promise<AccessReading> {
    const tls = await this.#tls();
    const endpoint = { server: this.#server, tls, proxy: this.#proxy };
    const plugin = this.#plugin;
    if (plugin !== undefined) {
      const { token, cert, key } = await this.#asked(() => plugin.credential(() => this.#clusterInfo(tls)));
      return { endpoint: cert === undefined ? endpoint : { ...endpoint, tls: { ...tls, cert, key } }, token };
    }
    const token = this.#user['auth-provider'] === undefined ? await this.#token() : await this.#providerToken();
    return { endpoint, token };
  }

  /** The server refused what was read: plugin and provider are asked again. */
  refused(): void {
    this.#plugin?.refused();
    this.#provider?.refused();
  }

  async #providerToken(): Promise<string | undefined> {
    // Loaded only here: it is large, and nothing else needs it.
    const { ProviderUser } = await import('./provider-user.ts');
    return this.#asked(() => {
      this.#provider ??= new ProviderUser(this.#options.path);
      return this.#provider.token();
    });
  }

  async #asked<T>(use: () => Promise<T>): Promise<T> {
    try {
      return await use();
    } catch (error) {
      const reason = error instanceof Error ? error.message.trim() : String(error);
      throw this.#error(`${this.#userPlace}: its credential plugin failed: ${reason}`, error);
    }
  }

  #execPlugin(): ExecPlugin | undefined {
    const { exec } = this.#user;
    if (exec === undefined || exec === null) return undefined;
    const { programs, clock, logger, stop } = this.#options;
    try {
      return new ExecPlugin({ exec: asObject(exec), folder: this.#folder, programs, clock, logger, stop });
    } catch (error) {
      throw this.#error(`${this.#userPlace}: ${error instanceof Error ? error.message : String(error)}`, error);
    }
  }

  /** The cluster as a plugin is told it. */
  #clusterInfo({ ca, serverName, insecure }: TlsMaterial): JsonObject {
    const extensions = asArray(this.#cluster.extensions).map(asObject);
    const config = extensions.find(({ name }) => name === pluginExtension)?.extension;
    return {
      server: this.#text(this.#cluster, 'server', this.#clusterPlace),
      ...(serverName === undefined ? {} : { 'tls-server-name': serverName }),
      ...(insecure === true ? { 'insecure-skip-tls-verify': true } : {}),
      ...(ca === undefined ? {} : { 'certificate-authority-data': Buffer.from(ca).toString('base64') }),
      ...(this.#proxy === undefined ? {} : { 'proxy-url': this.#text(this.#cluster, 'proxy-url', '') }),
      ...(config === undefined ? {} : { config }),
    };
  }

  #serverUrl(): URL {
    const text = this.#text(this.#cluster, 'server', this.#clusterPlace);
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
      throw this.#error(`${this.#clusterPlace}: server is "${text}", not an https:// or http:// address`);
    }
    return url;
  }

  #proxyUrl(): URL | undefined {
    const text = this.#text(this.#cluster, 'proxy-url', this.#clusterPlace);
    if (text === '') return undefined;
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url !== undefined && proxySchemes.includes(url.protocol) && url.hostname !== '') return url;
    const shown = text.replace(/\/\/.*@/, '//…@');
    throw this.#error(
      `${this.#clusterPlace}: proxy-url is "${shown}": must be http://, https:// or socks5:// with a host`,
    );
  }

  #refuseUnsupported(): void {
    const key = unsupportedUserKeys.find((name) => this.#user[name] !== undefined);
    if (key === undefined) return;
    const allowed = 'token, tokenFile, client-certificate and client-key (or their -data), exec, auth-provider';
    throw this.#error(`${this.#userPlace}: ${key} is not supported (allowed: ${allowed})`);
  }

  async #token(): Promise<string | undefined> {
    const tokenFile = this.#text(this.#user, 'tokenFile', this.#userPlace);
    if (tokenFile !== '') return readToken(this.#options.files, this.#resolve(tokenFile));
    const token = this.#text(this.#user, 'token', this.#userPlace);
    if (token === '') return undefined;
    if (!isToken(token)) throw this.#error(`${this.#userPlace}: token has characters that no token has`);
    return token;
  }

  async #tls(): Promise<TlsMaterial> {
    const ca = await this.#pem(this.#cluster, this.#clusterPlace, 'certificate-authority');
    const cert = await this.#pem(this.#user, this.#userPlace, 'client-certificate');
    const key = await this.#pem(this.#user, this.#userPlace, 'client-key');
    if ((cert === undefined) !== (key === undefined)) {
      throw this.#error(`${this.#userPlace}: client-certificate and client-key go together, only one is there`);
    }
    const serverName = this.#text(this.#cluster, 'tls-server-name', this.#clusterPlace) || undefined;
    const insecure = this.#value(truthOf, this.#cluster, 'insecure-skip-tls-verify', this.#clusterPlace);
    return { ca, cert, key, serverName, insecure };
  }

  /** `<key>-data` (base64) or the file that `<key>` names; the former wins, as in kubectl. */
  async #pem(section: JsonObject, place: string, key: string): Promise<string | undefined> {
    const data = this.#text(section, `${key}-data`, place);
    const path = this.#text(section, key, place);
    if (data === '' && path === '') return undefined;
    const file = this.#resolve(path);
    const pem = data === '' ? await readFile(this.#options.files, file) : Buffer.from(data, 'base64').toString('utf8');
    if (pem.includes('-----BEGIN')) return pem;
    if (data === '') throw this.#error(`${place}: ${key} names ${file}, which is not PEM`);
    throw this.#error(`${place}: ${key}-data is not PEM in base64`);
  }

  /** Paths in a kubeconfig are relative to it. */
  #resolve(path: string): string {
    return path.startsWith('/') ? path : this.#folder + path;
  }

  get #folder(): string {
    const { path } = this.#options;
    return path.includes('/') ? path.slice(0, path.lastIndexOf('/') + 1) : './';
  }

  /** The entry called `name` of the list `<kind>s`. */
  #named(document: JsonObject, kind: 'context' | 'cluster' | 'user', name: string): JsonObject {
    const entries = asArray(document[`${kind}s`]).map(asObject);
    const names = entries.map((entry) => this.#text(entry, 'name', `one of the ${kind}s`));
    const at = names.indexOf(name);
    if (at >= 0) return asObject(entries[at]?.[kind]);
    const known = names.map((each) => `"${each}"`).join(', ') || 'none';
    throw this.#error(`there is no ${kind} "${name}" (there are: ${known})`);
  }

  #text(section: JsonObject, key: string, place: string): string {
    return this.#value(textOf, section, key, place);
  }

  #value<T>(read: (section: JsonObject, key: string) => T, section: JsonObject, key: string, place: string): T {
    try {
      return read(section, key);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw this.#error(place === '' ? reason : `${place}: ${reason}`);
    }
  }

  #error(message: string, cause?: unknown): AccessError {
    return kubeconfigError(this.#options.path, message, cause);
  }
}
