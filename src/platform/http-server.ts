import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from '../base/log/logger.ts';
import type { Router, Serves } from '../server/routes.ts';

/** One address to listen on. */
export interface Listen {
  /** Undefined: every address of the machine. */
  readonly host: string | undefined;
  /** 0: any free port. */
  readonly port: number;
  /** As it was given, and by which flag: for messages. */
  readonly text: string;
  readonly flag: string;
  readonly serves: Serves;
  /** If the address cannot be had: end with an error (true) or go on without it (false). */
  readonly fatalIfInUse: boolean;
}

export interface HttpServerOptions {
  readonly addresses: readonly Listen[];
  readonly router: Router;
  readonly logger: Logger;
}

/** An address that was asked for cannot be had. */
class ListenError extends Error {
  constructor(listen: Listen, cause: unknown) {
    super(`cannot listen on --${listen.flag} ${JSON.stringify(listen.text)}: ${reason(cause)}`, { cause });
    this.name = 'ListenError';
  }
}

/** The HTTP side of the attacher: as many sockets as there are addresses, one router behind them. */
export class HttpServer {
  readonly #servers: readonly { listen: Listen; server: Server }[];

  private constructor(servers: readonly { listen: Listen; server: Server }[]) {
    this.#servers = servers;
  }

  /**
   * Opens every address. Rejects with ListenError if one cannot be had that the user asked for, and then leaves none
   * open; one that is only a default is warned about and left out.
   */
  static async start({ addresses, router, ...options }: HttpServerOptions): Promise<HttpServer> {
    const logger = options.logger.named('platform/http-server');
    const servers: { listen: Listen; server: Server }[] = [];
    const started = new HttpServer(servers);
    for (const listen of addresses) {
      const server = createServer((request, response) => void answer(router, listen.serves, logger, request, response));
      try {
        await open(server, listen);
      } catch (cause) {
        const error = new ListenError(listen, cause);
        if (listen.fatalIfInUse) {
          await started.close();
          throw error;
        }
        logger.warning('Cannot listen; going on without this address', { flag: listen.flag, err: error });
        continue;
      }
      // Later trouble (no file descriptor left for a connection, say) must not end the process.
      server.on('error', (error) => logger.error(error, 'HTTP server', { flag: listen.flag }));
      servers.push({ listen, server });
      logger.info('Listening', { address: shown(server), flag: `--${listen.flag}`, metrics: listen.serves.metrics });
    }
    return started;
  }

  /** Where it listens, in the order in which the addresses were given. */
  get bound(): { flag: string; address: AddressInfo }[] {
    return this.#servers.map(({ listen, server }) => ({ flag: listen.flag, address: server.address() as AddressInfo }));
  }

  /** Closes every socket, at once: connections that a scraper or a probe keeps open would hold the process up. */
  async close(): Promise<void> {
    await Promise.all(
      this.#servers.map(async ({ server }) => {
        const closed = new Promise<void>((resolve) => server.close(() => resolve()));
        server.closeAllConnections();
        await closed;
      }),
    );
  }
}

function open(server: Server, { host, port }: Listen): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

async function answer(
  router: Router,
  serves: Serves,
  logger: Logger,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const method = request.method ?? 'GET';
  try {
    // Cut by hand: a path such as //x would be taken for a host by the URL parser.
    const [path = '/', ...query] = (request.url ?? '/').split('?');
    const page = await router(serves, { method, path, query: new URLSearchParams(query.join('?')) });
    response.writeHead(page.status, {
      'content-type': page.contentType,
      'content-length': Buffer.byteLength(page.body),
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
      ...(page.allow === undefined ? {} : { allow: page.allow }),
    });
    response.end(method === 'HEAD' ? undefined : page.body);
  } catch (error) {
    logger.error(error, 'Cannot answer an HTTP request', { method, path: request.url });
    if (!response.headersSent) response.writeHead(500, { 'content-type': 'text/plain; charset=utf-8' });
    response.end('internal server error\n');
  }
}

function shown(server: Server): string {
  const { address, family, port } = server.address() as AddressInfo;
  return family === 'IPv6' ? `[${address}]:${port}` : `${address}:${port}`;
}

function reason(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const code = 'code' in cause ? cause.code : undefined;
  if (code === 'EADDRINUSE') return 'the port is in use; give another one, or stop what uses it';
  if (code === 'EACCES') return 'not permitted; ports below 1024 need a right of their own';
  if (code === 'EADDRNOTAVAIL') return 'the host is not an address of this machine';
  return cause.message;
}
