import { Agent, type AgentOptions } from 'node:http';
import type { Socket } from 'node:net';

/** A connection, and where it leads: requests name it. */
export interface OpenedConnection {
  readonly socket: Socket;
  readonly server: URL;
}

/** A connection that nobody uses is closed before servers and load balancers tend to do it. */
const idleMs = 30_000;

/** Node's pool of connections, with connections of our making. */
export class ServerAgent extends Agent {
  readonly open: () => Promise<OpenedConnection>;
  readonly #servers = new WeakMap<object, URL>();

  /** `isKept`: a connection is kept for the next request. */
  constructor({ open, isKept }: { open: () => Promise<OpenedConnection>; isKept: boolean }) {
    const options: AgentOptions = { keepAlive: isKept };
    super(isKept ? { ...options, timeout: idleMs } : options);
    this.open = open;
  }

  /** Called by Node when a request needs a connection. */
  override createConnection(...[, done]: Parameters<Agent['createConnection']>): undefined {
    const opened = ({ socket, server }: OpenedConnection): void => {
      this.#servers.set(socket, server);
      done?.(null, socket);
    };
    // Node's own type demands a stream beside the error.
    const failed = done as ((error: Error) => void) | undefined;
    this.open().then(opened, (error: unknown) => failed?.(error instanceof Error ? error : new Error(String(error))));
    return undefined;
  }

  /** Where a connection of this agent leads. */
  serverOf(socket: object): URL | undefined {
    return this.#servers.get(socket);
  }

  closeUnused(): void {
    for (const sockets of Object.values(this.freeSockets)) for (const socket of sockets ?? []) socket.destroy();
  }

  /** No connection is kept any more; those in use end with their request. */
  retire(): void {
    this.maxFreeSockets = 0;
    this.closeUnused();
  }
}
