import { once } from 'node:events';
import { createServer, type Server as HttpServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect, createServer as createNetServer, type Server, type Socket } from 'node:net';

/** A proxy that knows CONNECT (or SOCKS5), and notes where it was asked to connect to. */
export interface TestProxy {
  readonly url: URL;
  readonly asked: string[];
  /** What clients sent as `proxy-authorization`. */
  readonly authorizations: (string | undefined)[];
  close(): Promise<void>;
}

/** `to`: leads everywhere to this port of the loopback address, so that names need not exist. */
export async function startConnectProxy(options: { to?: number; refuseWith?: number } = {}): Promise<TestProxy> {
  const asked: string[] = [];
  const authorizations: (string | undefined)[] = [];
  const server = createServer();
  server.on('connect', (request: IncomingMessage, client: Socket) => {
    asked.push(request.url ?? '');
    authorizations.push(request.headers['proxy-authorization']);
    if (options.refuseWith !== undefined) {
      client.end(`HTTP/1.1 ${options.refuseWith} Refused\r\n\r\n`);
      return;
    }
    const port = options.to ?? Number(request.url?.split(':').at(-1));
    join(client, port, () => client.write('HTTP/1.1 200 Connection established\r\n\r\n'));
  });
  return started(server, 'http', asked, authorizations);
}

/** SOCKS5 without authentication. */
export async function startSocksProxy(options: { to: number }): Promise<TestProxy> {
  const asked: string[] = [];
  const server = createNetServer((client) => {
    client.on('error', () => {});
    client.once('data', () => {
      client.write(Buffer.from([5, 0]));
      client.once('data', (request) => {
        // VER CMD RSV ATYP=3 LEN NAME PORT
        const length = request[4] ?? 0;
        asked.push(`${request.subarray(5, 5 + length)}:${request.readUInt16BE(5 + length)}`);
        join(client, options.to, () => client.write(Buffer.from([5, 0, 0, 1, 127, 0, 0, 1, 0, 0])));
      });
    });
  });
  return started(server, 'socks5', asked, []);
}

function join(client: Socket, port: number, onConnect: () => void): void {
  const target = connect(port, '127.0.0.1', () => {
    onConnect();
    client.pipe(target).pipe(client);
  });
  for (const [one, other] of [
    [client, target],
    [target, client],
  ] as const) {
    one.on('error', () => other.destroy());
    one.on('close', () => other.destroy());
  }
}

async function started(
  server: HttpServer | Server,
  scheme: string,
  asked: string[],
  authorizations: (string | undefined)[],
): Promise<TestProxy> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    ...{ asked, authorizations },
    url: new URL(`${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`),
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
