import type { Files } from '../../../src/base/files.ts';
import { attacherRole, attacherUser } from '../../apiserver/attacher-role.ts';
import type { ApiServer } from '../../apiserver/core.ts';
import { secretMark } from './cluster.ts';

/** Who the attachers are to the API server: a service account whose token changes from time to time. */
export class Credentials {
  readonly files: Files;
  readonly #server: ApiServer;
  #generation = 0;
  /** What the server takes. */
  #issued = '';
  /** What stands in the file, which may lag behind that. */
  #written = '';

  constructor({ server }: { server: ApiServer }) {
    this.#server = server;
    const { role, binding } = attacherRole();
    const path = '/apis/rbac.authorization.k8s.io/v1';
    const headers = { authorization: 'Bearer admin', 'content-type': 'application/json' };
    const post = (plural: string, object: object) =>
      server.handle({ method: 'POST', path: `${path}/${plural}`, headers, body: Buffer.from(JSON.stringify(object)) });
    post('clusterroles', role);
    post('clusterrolebindings', binding);
    this.#issue();
    this.#written = this.#issued;
    this.files = {
      readText: (path) => {
        if (path.endsWith('/token')) return Promise.resolve(this.#written);
        if (path.endsWith('/namespace')) return Promise.resolve('kube-system');
        if (path.endsWith('/ca.crt')) return Promise.resolve('a certificate');
        return Promise.reject(new Error(`ENOENT: no such file or directory, open '${path}'`));
      },
    };
  }

  /** The token is not taken any more; the new one stands in the file when `later` calls back. */
  rotate(later: (write: () => void) => void): void {
    this.#server.tokens.remove(this.#issued);
    this.#issue();
    later(() => {
      this.#written = this.#issued;
    });
  }

  #issue(): void {
    this.#issued = `${secretMark}-token-${++this.#generation}`;
    this.#server.tokens.add({ token: this.#issued, user: attacherUser });
  }
}

/** The permissions of the attachers, less those of the rules that are left out. */
export function roleWithout(rule: number): object {
  const { role } = attacherRole();
  const rules = (role as { rules: unknown[] }).rules.filter((_, index) => index !== rule);
  return { ...role, rules };
}
