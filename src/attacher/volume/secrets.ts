import type { SecretReference } from '../../kube/api/objects.ts';
import type { KubeClient } from '../../kube/client/client.ts';
import { secrets } from '../../kube/codec/resources.ts';

/**
 * Reads a secret from the server at the time of the call, so that a rotated one works at once. Never keep the result.
 * Undefined if there is no such secret; rejects with KubeError.
 */
export async function readSecret(
  client: KubeClient,
  reference: SecretReference,
): Promise<Readonly<Record<string, string>> | undefined> {
  const secret = await client.find(secrets, reference.name, { namespace: reference.namespace });
  return secret?.data;
}
