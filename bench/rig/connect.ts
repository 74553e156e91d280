import { findAccess } from '../../src/kube/access/find-access.ts';
import { systemPlatform } from '../../src/platform/system-platform.ts';
import { Api } from './api.ts';

/** A connection of its own to the API server of a kubeconfig. */
export async function connect(kubeconfig: string): Promise<Api> {
  const access = await findAccess({ kubeconfig, env: {}, ...systemPlatform });
  return new Api(systemPlatform.kubeTransport({ access, http: 'auto', onConnect: () => {} }), access.credentials);
}
