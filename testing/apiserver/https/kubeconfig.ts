import { stringify } from 'yaml';

export interface KubeconfigOptions {
  /** Such as `https://127.0.0.1:6443`. */
  readonly url: string;
  readonly caPem: string;
  readonly user: string;
  readonly token: string;
}

/** A kubeconfig as clients read it, in YAML, with everything in it. */
export function kubeconfigText({ url, caPem, user, token }: KubeconfigOptions): string {
  const authority = Buffer.from(caPem).toString('base64');
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'embedded', cluster: { server: url, 'certificate-authority-data': authority } }],
    users: [{ name: user, user: { token } }],
    contexts: [{ name: 'embedded', context: { cluster: 'embedded', user } }],
    'current-context': 'embedded',
  });
}
