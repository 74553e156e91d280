import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

export interface RelayOptions {
  /** A port of the loopback address, or the path of a Unix socket. */
  to: number | string;
  /** Where to listen: the path of a Unix socket; else any free port of the loopback address. */
  at?: string;
}

/** Stands between clients and a server, and does to their connections what networks do. */
export class Relay {
  /** Everything arrives this much later, in milliseconds. */
  delayMs = 0;
  /** New connections are refused. */
  refusing = false;
  /** How many connections were taken. */
  connections = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #frozen = new Set<Socket>();
  #freezesNew = false;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start({ to, at }: RelayOptions): Promise<Relay> {
    const server = createServer();
    const relay = new Relay(server);
    server.on('connection', (client) => {
      if (relay.refusing) {
        client.destroy();
        return;
      }
      relay.connections++;
      const target = typeof to === 'number' ? connect(to, '127.0.0.1') : connect(to);
      relay.#join(client, target);
    });
    if (at === undefined) server.listen(0, '127.0.0.1');
    else server.listen(at);
    await once(server, 'listening');
    return relay;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /**
   * From now on nothing of the open connections arrives anywhere, and none of them is closed: the machine has vanished,
   * for new connections too if `forNew` is set.
   */
  freeze({ forNew = false } = {}): void {
    this.#freezesNew = forNew;
    for (const socket of this.#sockets) this.#freeze(socket);
  }

  /** What was held up arrives now. */
  thaw(): void {
    this.#freezesNew = false;
    for (const socket of this.#frozen) socket.resume();
    this.#frozen.clear();
  }

  /** Breaks all connections; new ones are taken, unless `refusing` is set. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Cuts all connections and waits until they are gone. */
  async close(): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #freeze(socket: Socket): void {
    this.#frozen.add(socket);
    socket.pause();
  }

  #join(client: Socket, target: Socket): void {
    for (const [socket, other] of [
      [client, target],
      [target, client],
    ] as const) {
      this.#sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        this.#sockets.delete(socket);
        this.#frozen.delete(socket);
        other.destroy();
      });
      this.#carry(socket, other);
      if (this.#freezesNew) this.#freeze(socket);
    }
  }

  #carry(from: Socket, to: Socket): void {
    const onItsWay: (Buffer | 'end')[] = [];
    // Each timer delivers what has waited longest: a delay that changes never changes the order.
    const deliver = (): void => {
      const next = onItsWay.shift();
      if (next === 'end') to.end();
      else if (next !== undefined && !to.destroyed && !to.write(next)) {
        from.pause();
        to.once('drain', () => this.#frozen.has(from) || from.resume());
      }
    };
    const send = (what: Buffer | 'end'): void => {
      onItsWay.push(what);
      if (this.delayMs === 0 && onItsWay.length === 1) deliver();
      else setTimeout(deliver, this.delayMs);
    };
    from.on('data', send);
    from.on('end', () => send('end'));
  }
}
