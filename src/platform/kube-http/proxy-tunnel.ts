import { type ClientRequestArgs, request as plainRequest } from 'node:http';
import { request as secureRequest } from 'node:https';
import type { Socket } from 'node:net';
import { hostOf, portOf } from '../url-parts.ts';

/**
 * A connection to `target` by way of a proxy: HTTP's CONNECT, or SOCKS5. The proxy resolves the name. Rejects with what
 * the proxy answers.
 */
export function openTunnel(
  proxy: URL,
  target: { readonly host: string; readonly port: number },
  signal: AbortSignal,
): Promise<Socket> {
  return proxy.protocol.startsWith('socks') ? bySocks(proxy, target, signal) : byConnect(proxy, target, signal);
}

function byConnect(proxy: URL, { host, port }: { host: string; port: number }, signal: AbortSignal): Promise<Socket> {
  const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const options: ClientRequestArgs = {
    ...{ method: 'CONNECT', path: authority, agent: false, signal },
    ...{ host: hostOf(proxy), port: portOf(proxy) },
    headers: { host: authority, ...authorization(proxy) },
  };
  return new Promise((resolve, reject) => {
    const request = (proxy.protocol === 'https:' ? secureRequest : plainRequest)(options);
    request.on('connect', (answer, socket: Socket, head) => {
      if (answer.statusCode === 200) {
        if (head.length > 0) socket.unshift(head);
        resolve(socket);
        return;
      }
      socket.destroy();
      reject(new Error(`the proxy ${proxy.host} refuses: ${answer.statusCode} ${answer.statusMessage}`));
    });
    request.on('response', (answer) => {
      answer.destroy();
      reject(new Error(`the proxy ${proxy.host} does not know CONNECT: ${answer.statusCode} ${answer.statusMessage}`));
    });
    request.on('error', (cause) => reject(failure(proxy, cause)));
    request.end();
  });
}

function authorization({ username, password }: URL): Record<string, string> {
  if (username === '') return {};
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(pair).toString('base64')}` };
}

async function bySocks(proxy: URL, target: { host: string; port: number }, signal: AbortSignal): Promise<Socket> {
  const { SocksClient } = await import('socks');
  signal.throwIfAborted();
  const { username, password } = proxy;
  const client = new SocksClient({
    proxy: {
      ...{ host: hostOf(proxy), port: Number(proxy.port || 1080), type: 5 },
      ...(username === '' ? {} : { userId: decodeURIComponent(username), password: decodeURIComponent(password) }),
    },
    ...{ destination: target, command: 'connect' },
  });
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    client.on('established', ({ socket }) => {
      if (signal.aborted) socket.destroy();
      else resolve(socket.resume());
    });
    client.on('error', (cause) => reject(failure(proxy, cause)));
    client.connect();
  });
}

function failure({ host }: URL, cause: unknown): Error {
  return new Error(`no way through the proxy ${host}: ${cause instanceof Error ? cause.message : String(cause)}`, {
    cause,
  });
}
