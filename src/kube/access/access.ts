import type { Credentials } from './credentials.ts';

/** Where the API server is and who we are to it. */
export interface Access {
  /** May have a path, under which the API then is. */
  readonly server: URL;
  /** The namespace we live in; undefined if there is none to be found. */
  readonly namespace: string | undefined;
  readonly credentials: Credentials;
  /** Asked for before each connection, since the files behind it may have been replaced. */
  tls(): Promise<TlsMaterial>;
}

/** All in PEM. */
export interface TlsMaterial {
  /** Certificate authorities that may have signed the server's certificate; absent: the authorities that the machine trusts. */
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /** The name that the server's certificate must carry, where it is not that of the URL. */
  readonly serverName?: string | undefined;
  /** Trust whatever answers. */
  readonly insecure?: boolean | undefined;
}

export type Environment = Readonly<Record<string, string | undefined>>;
