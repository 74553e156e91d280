import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { Dial } from '../http2/pooled-connection.ts';
import type { Endpoint, TlsMaterial } from '../kube/access/access.ts';
import { proxyFor } from './kube-http/proxy-choice.ts';
import { hostOf, portOf } from './url-parts.ts';

/** The largest piece that is read from a connection at once. */
const readBytes = 64 * 1024;

type Receive = Parameters<Dial>[0];

interface OpenOptions {
  /** What is offered in the TLS handshake. */
  readonly protocols: readonly ('h2' | 'http/1.1')[];
  /** Gets all that comes, from the first byte on; without it the socket is read as any other. */
  readonly receive?: Receive | undefined;
  readonly signal: AbortSignal;
}

/** A connection to the API server, past the TLS handshake if there is one, through a proxy if there is one. */
export async function openConnection(
  endpoint: Endpoint,
  { protocols, receive, signal }: OpenOptions,
): Promise<Socket & Partial<Pick<TLSSocket, 'alpnProtocol'>>> {
  const { server, tls } = endpoint;
  const proxy = endpoint.proxy ?? proxyFor(server, process.env);
  const tunnel = proxy === undefined ? undefined : await throughProxy(proxy, server, signal);
  if (server.protocol === 'https:') {
    return connected(secure(server, tls, { protocols, receive, tunnel }), 'secureConnect', signal);
  }
  if (tunnel === undefined) return connected(plain(server, receive), 'connect', signal);
  if (receive !== undefined) tunnel.on('data', receive);
  return tunnel;
}

/** Connections to a Unix socket. */
export function dialSocket(path: string): Dial {
  return (receive, signal) => connected(connectPlain({ path, ...readingInto(receive) }), 'connect', signal);
}

async function throughProxy(proxy: URL, server: URL, signal: AbortSignal): Promise<Socket> {
  // Loaded only here: most have no proxy.
  const { openTunnel } = await import('./kube-http/proxy-tunnel.ts');
  signal.throwIfAborted();
  return openTunnel(proxy, { host: hostOf(server), port: portOf(server) }, signal);
}

function plain(url: URL, receive: Receive | undefined): Socket {
  return connectPlain({ host: hostOf(url), port: portOf(url), ...readingInto(receive) });
}

interface SecureOptions {
  readonly protocols: readonly string[];
  readonly receive: Receive | undefined;
  readonly tunnel: Socket | undefined;
}

function secure(url: URL, tls: TlsMaterial, { protocols, receive, tunnel }: SecureOptions): TLSSocket {
  const { ca, cert, key, serverName, insecure } = tls;
  const host = hostOf(url);
  const name = serverName ?? (isIP(host) ? undefined : host);
  const socket = connectTls({
    // Over a tunnel Node does not fill a buffer of ours.
    ...{ host, port: portOf(url), ...(tunnel === undefined ? readingInto(receive) : { socket: tunnel }) },
    ...{ ALPNProtocols: [...protocols], rejectUnauthorized: insecure !== true },
    // As in Go, every certificate in the bundle is an anchor, whoever has signed it.
    ...(ca === undefined ? {} : { ca, allowPartialTrustChain: true }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(name === undefined ? {} : { servername: name }),
  });
  if (tunnel !== undefined && receive !== undefined) socket.on('data', receive);
  return socket;
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
function readingInto(receive: Receive | undefined) {
  if (receive === undefined) return {};
  return {
    onread: {
      buffer: Buffer.allocUnsafeSlow(readBytes),
      callback: (length: number, buffer: Uint8Array) => {
        receive(Buffer.from(buffer.buffer, buffer.byteOffset, length));
        return true;
      },
    },
  };
}
