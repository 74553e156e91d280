import type { Credentials } from '../../src/kube/access/credentials.ts';

/** A token that never changes. */
export function staticToken(token: string): Credentials {
  return { token: () => token, refused: () => {} };
}
