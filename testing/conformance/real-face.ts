/** The way to a real API server, as a kubeconfig shows it. */
import { readFileSync } from 'node:fs';
import { type ClientHttp2Session, connect, type SecureClientSessionOptions } from 'node:http2';
import { setTimeout as delay } from 'node:timers/promises';
import { parse } from 'yaml';
import { bearer, exchange, type Face, type Question } from './faces.ts';

interface Kubeconfig {
  'current-context'?: string;
  contexts?: { name: string; context: { cluster: string; user: string } }[];
  clusters?: { name: string; cluster: Record<string, string | undefined> }[];
  users?: { name: string; user: Record<string, string | undefined> }[];
}

/**
 * Asks as the user of the kubeconfig's current context, who has to be allowed to do everything, and as others by
 * impersonation. Takes certificates and tokens from the file itself or from files that it names. Throws an Error that
 * says what is missing.
 */
export function realFace(path: string): Face {
  const config = parse(readFileSync(path, 'utf8')) as Kubeconfig;
  const current = config.contexts?.find(({ name }) => name === config['current-context'])?.context;
  const cluster = config.clusters?.find(({ name }) => name === current?.cluster)?.cluster;
  const user = config.users?.find(({ name }) => name === current?.user)?.user;
  if (cluster?.server === undefined || user === undefined) {
    throw new Error(`${path}: the current context names no cluster with a server, or no user`);
  }
  const { server } = cluster;
  const ca = material(cluster, 'certificate-authority');
  const trust = ca === undefined ? {} : { ca };
  const identity = { cert: material(user, 'client-certificate'), key: material(user, 'client-key') };
  const token = user.token ?? (user.tokenFile === undefined ? undefined : readFileSync(user.tokenFile, 'utf8').trim());
  if (identity.cert === undefined && token === undefined) {
    throw new Error(`${path}: the user has neither a client certificate nor a token; nothing else is understood here`);
  }
  const known = session(server, { ...trust, ...(identity.cert === undefined ? {} : identity) });
  return {
    isReal: true,
    letBegin: () => delay(500),
    send: (question) => {
      const asked = { ...question, headers: { ...question.headers, ...identityOf(question, token) } };
      if (isKnown(question.as)) return exchange(known, asked);
      // Without the certificate, and on a connection of its own: the server ends one on which it has refused somebody.
      const unknown = session(server, trust);
      return exchange(unknown, asked).finally(() => unknown.close());
    },
    close: async () => known.close(),
  };
}

function session(server: string, options: SecureClientSessionOptions): ClientHttp2Session {
  return connect(server, options).on('error', () => {}); // Each request that fails says so itself.
}

function material(from: Record<string, string | undefined>, name: string): Buffer | undefined {
  const [data, file] = [from[`${name}-data`], from[name]];
  if (data !== undefined) return Buffer.from(data, 'base64');
  return file === undefined ? undefined : readFileSync(file);
}

function isKnown(as: string): boolean {
  return as === 'admin' || as === 'attacher';
}

function identityOf({ as }: Question, token: string | undefined): Record<string, string> {
  if (!isKnown(as)) return bearer(as);
  const own: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  if (as === 'admin') return own;
  // As the recorded one was known: by its name, without the groups of a service account.
  return {
    ...own,
    'impersonate-user': 'system:serviceaccount:kube-system:csi-attacher',
    'impersonate-group': 'system:authenticated',
  };
}
