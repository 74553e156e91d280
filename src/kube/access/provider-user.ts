import { KubeConfig } from '@kubernetes/client-node';

type RequestOptions = Parameters<KubeConfig['applyToHTTPSOptions']>[0];

/**
 * The user of a kubeconfig whose token comes from an identity provider (auth-provider). All of that is the library's: it
 * reads files and time and asks the provider by itself. Imported only when such a user is met.
 */
export class ProviderUser {
  readonly #path: string;
  /** Keeps a token until that expires; a new one asks again. */
  #config: KubeConfig | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  async token(): Promise<string | undefined> {
    this.#config ??= this.#load();
    const options: RequestOptions = {};
    await this.#config.applyToHTTPSOptions(options);
    const headers = options.headers as Readonly<Record<string, unknown>> | undefined;
    const value = headers?.Authorization;
    return typeof value === 'string' ? value.replace(/^Bearer /, '') : undefined;
  }

  refused(): void {
    this.#config = undefined;
  }

  #load(): KubeConfig {
    const config = new KubeConfig();
    config.loadFromFile(this.#path);
    return config;
  }
}
