import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { Dial } from '../http2/pooled-connection.ts';
import type { Access, TlsMaterial } from '../kube/access/access.ts';

/** The largest piece that is read from a connection at once. */
const readBytes = 64 * 1024;

type Receive = Parameters<Dial>[0];

/** Connections to the API server. The files of its TLS material are read before each. */
export function dialServer({ server, tls }: Pick<Access, 'server' | 'tls'>): Dial {
  return async (receive, signal) => {
    const material = await tls();
    signal.throwIfAborted();
    if (server.protocol !== 'https:') return connected(plain(server, receive), 'connect', signal);
    const socket = await connected(secure(server, material, receive), 'secureConnect', signal);
    if (socket.alpnProtocol === 'h2') return socket;
    socket.destroy();
    throw new Error('the server (or a proxy before it) does not speak HTTP/2');
  };
}

/** Connections to a Unix socket. */
export function dialSocket(path: string): Dial {
  return (receive, signal) => connected(connectPlain({ path, onread: readingInto(receive) }), 'connect', signal);
}

function plain(url: URL, receive: Receive): Socket {
  return connectPlain({ host: hostOf(url), port: Number(url.port || 80), onread: readingInto(receive) });
}

function secure(url: URL, { ca, cert, key, serverName, insecure }: TlsMaterial, receive: Receive): TLSSocket {
  const host = hostOf(url);
  const name = serverName ?? (isIP(host) ? undefined : host);
  return connectTls({
    ...{ host, port: Number(url.port || 443), onread: readingInto(receive) },
    ...{ ALPNProtocols: ['h2'], rejectUnauthorized: insecure !== true },
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(name === undefined ? {} : { servername: name }),
  });
}

/** An IPv6 address stands in brackets in a URL, and only there. */
function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '');
}

/** The socket, once it has said `event`. */
function connected<S extends Socket>(socket: S, event: 'connect' | 'secureConnect', signal: AbortSignal): Promise<S> {
  return new Promise((resolve, reject) => {
    const abort = (): void => void socket.destroy();
    signal.addEventListener('abort', abort);
    socket.once(event, () => {
      signal.removeEventListener('abort', abort);
      socket.setNoDelay(true);
      resolve(socket);
    });
    // Stays, so that an error in the moment before the socket has another owner ends nothing but the socket.
    socket.on('error', reject);
    socket.once('close', () => reject(new Error('the server closed the connection')));
  });
}

/** One buffer for all that comes: Node otherwise makes one of 64 KiB for each read, however little it brings. */
function readingInto(receive: Receive) {
  return {
    buffer: Buffer.allocUnsafeSlow(readBytes),
    callback: (length: number, buffer: Uint8Array) => {
      receive(Buffer.from(buffer.buffer, buffer.byteOffset, length));
      return true;
    },
  };
}
