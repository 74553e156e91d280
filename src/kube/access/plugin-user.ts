import { KubeConfig } from '@kubernetes/client-node';
import type { Clock } from '../../base/clock.ts';
import type { TlsMaterial } from './access.ts';
import type { Credentials } from './credentials.ts';
import { RenewedToken } from './credentials.ts';

type RequestOptions = Parameters<KubeConfig['applyToHTTPSOptions']>[0];

/**
 * The user of a kubeconfig who gets his credentials from a program (exec) or an identity provider. All of that is the
 * library's: it runs programs and reads files and time by itself. Imported only when such a user is met.
 */
export class PluginUser {
  readonly credentials: Credentials;
  readonly #path: string;
  /** Keeps what a plugin gave until that expires; a new one asks the plugin again. */
  #config: KubeConfig;

  constructor(options: { path: string; clock: Clock }) {
    this.#path = options.path;
    this.#config = this.#load();
    const renewed = new RenewedToken({ clock: options.clock, read: () => this.#token() });
    this.credentials = {
      token: () => renewed.token(),
      refused: (token) => {
        this.#config = this.#load();
        renewed.refused(token);
      },
    };
  }

  /** The client certificate, if that is what the plugin gives. */
  async certificate(): Promise<TlsMaterial> {
    const { cert, key } = await this.#options();
    return typeof cert === 'string' && typeof key === 'string' ? { cert, key } : {};
  }

  async #token(): Promise<string | undefined> {
    const headers = (await this.#options()).headers as Readonly<Record<string, unknown>> | undefined;
    const value = headers?.Authorization;
    return typeof value === 'string' ? value.replace(/^Bearer /, '') : undefined;
  }

  async #options(): Promise<RequestOptions> {
    const options: RequestOptions = {};
    await this.#config.applyToHTTPSOptions(options);
    return options;
  }

  #load(): KubeConfig {
    const config = new KubeConfig();
    config.loadFromFile(this.#path);
    return config;
  }
}
