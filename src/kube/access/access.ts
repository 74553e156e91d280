import type { Credentials } from './credentials.ts';

/** Where the API server is and who we are to it. */
export interface Access {
  /** The namespace we live in; undefined if there is none to be found. */
  readonly namespace: string | undefined;
  readonly credentials: Credentials;
  /**
   * What a connection is made to, and with. Asked for before each connection, since the files behind it may have been
   * replaced. Rejects with AccessError as long as it has never been read.
   */
  endpoint(): Promise<Endpoint>;
  /** Calls `listener` whenever a reading has found another endpoint: connections are to be made anew. */
  onChange(listener: () => void): void;
}

/** What it takes to make a connection. */
export interface Endpoint {
  /** May have a path, under which the API then is. */
  readonly server: URL;
  readonly tls: TlsMaterial;
  /** The proxy that the kubeconfig names; without one the environment decides. */
  readonly proxy?: URL | undefined;
}

/** All in PEM. */
export interface TlsMaterial {
  /** Certificates that the server's may lead to; absent: the authorities that the machine trusts. */
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /** The name that the server's certificate must carry, where it is not that of the URL. */
  readonly serverName?: string | undefined;
  /** Trust whatever answers. */
  readonly insecure?: boolean | undefined;
}

export type Environment = Readonly<Record<string, string | undefined>>;
