import type { Access } from './access.ts';
import { readFile } from './files.ts';
import { Kubeconfig, type KubeconfigOptions } from './kubeconfig.ts';
import { parseKubeconfig } from './kubeconfig-document.ts';
import { type AccessReading, type AccessSource, LiveAccess } from './live-access.ts';

export interface KubeconfigAccessOptions extends KubeconfigOptions {
  /** The namespace of the pod, which goes before that of the context. */
  namespace?: string | undefined;
}

/** Access as the current context of a kubeconfig says. Throws AccessError. */
export async function kubeconfigAccess(options: KubeconfigAccessOptions): Promise<Access> {
  const source = new KubeconfigFile(options);
  const { namespace } = await source.config();
  const { clock, logger } = options;
  const access = new LiveAccess({ source, namespace: options.namespace ?? namespace, clock, logger });
  await access.endpoint();
  return access;
}

/** A kubeconfig that may be replaced in place. */
class KubeconfigFile implements AccessSource {
  readonly #options: KubeconfigOptions;
  #text: string | undefined;
  #config: Kubeconfig | undefined;

  constructor(options: KubeconfigOptions) {
    this.#options = options;
  }

  /** What it says now. What a plugin has given stays as long as the text does. */
  async config(): Promise<Kubeconfig> {
    const { path, files } = this.#options;
    const text = await readFile(files, path, 'given by --kubeconfig');
    if (this.#config === undefined || text !== this.#text) {
      this.#config = new Kubeconfig(this.#options, await parseKubeconfig(path, text));
      this.#text = text;
    }
    return this.#config;
  }

  async read(): Promise<AccessReading> {
    return (await this.config()).read();
  }

  refused(): void {
    this.#config?.refused();
  }
}
