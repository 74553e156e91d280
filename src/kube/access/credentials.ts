/** Who we are to the API server, apart from a client certificate, which belongs to the connection. */
export interface Credentials {
  /** The bearer token to send with the next request; undefined if there is none. A promise only when it must be read. */
  token(): string | undefined | Promise<string | undefined>;
  /** The server answered 401 to `token` (or to a client certificate): the next token() reads everything again. */
  refused(token: string | undefined): void;
}

/** No bearer token: anonymous, or known by the client certificate. */
export const noCredentials: Credentials = { token: () => undefined, refused: () => {} };
