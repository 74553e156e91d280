import type { SecretReference } from '../../kube/api/objects.ts';
import type { KubeClient } from '../../kube/client/client.ts';
import { secrets } from '../../kube/codec/resources.ts';
import { notText } from './errors.ts';

/**
 * Reads the secret of a call from the server at the time of the call, so that a rotated one works at once. Never keep the
 * result. No reference: no secrets. `missing` is told if there is no such secret (as `namespace/name`), and throws if the
 * call cannot do without. Rejects with KubeError, and with
 * OperationError where a value is no text, which is all that CSI has.
 */
export async function secretsOf(
  client: KubeClient,
  reference: SecretReference | undefined,
  missing: (secret: string) => void,
): Promise<Readonly<Record<string, string>>> {
  if (reference === undefined) return {};
  const { name, namespace } = reference;
  const secret = await client.find(secrets, name, { namespace });
  if (secret !== undefined) {
    for (const [key, value] of Object.entries(secret.data)) {
      if (!value.isWellFormed()) throw notText(`the value of key "${key}" in secret ${namespace}/${name}`);
    }
    return secret.data;
  }
  missing(`${namespace}/${name}`);
  return {};
}
