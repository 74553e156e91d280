import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { TlsMaterial } from '../kube/access/access.ts';

/** The largest piece that is read from a connection at once. */
const readBytes = 64 * 1024;

/** What is to be done with what comes. The chunk is used again for the next. */
export type Receive = (chunk: Buffer) => void;

/** A connection to the server of `url`; with TLS it emits `secureConnect`, else `connect`. */
export function dial(url: URL, tls: TlsMaterial, receive: Receive): Socket {
  // An IPv6 address stands in brackets in a URL, and only there.
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const onread = readingInto(receive);
  if (url.protocol !== 'https:') return connectPlain({ host, port: Number(url.port || 80), onread });
  const { ca, cert, key, serverName, insecure } = tls;
  const name = serverName ?? (isIP(host) ? undefined : host);
  return connectTls({
    ...{ host, port: Number(url.port || 443), onread, ALPNProtocols: ['h2'], rejectUnauthorized: insecure !== true },
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(name === undefined ? {} : { servername: name }),
  });
}

/** A connection to a Unix socket. */
export function dialSocket(path: string, receive: Receive): Socket {
  return connectPlain({ path, onread: readingInto(receive) });
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
