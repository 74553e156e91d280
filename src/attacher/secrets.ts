import type { KubeClient } from '../kube/client.ts';
import { isNotFound } from '../kube/errors.ts';
import type { SecretReference } from '../kube/objects.ts';
import { secrets } from '../kube/resources.ts';

/**
 * Reads a secret from the server at the time of the call, so that a rotated one works at once. Never keep the result.
 * Undefined if there is no such secret; rejects with KubeError.
 */
export async function readSecret(
  client: KubeClient,
  reference: SecretReference,
): Promise<Readonly<Record<string, string>> | undefined> {
  try {
    return (await client.get(secrets, reference.name, { namespace: reference.namespace })).data;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
