import { type Health, type HealthEndpoint, type HealthReport, healthEndpoints } from './health.ts';
import type { Inspect } from './inspect.ts';
import type { MetricsRegistry } from './metrics.ts';

/** What is to be had at one address. */
export interface Serves {
  readonly metrics: boolean;
  readonly health: boolean;
  readonly debug: boolean;
}

interface PageRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
}

export interface PageResponse {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  /** The value of `Allow`, where the method was the mistake. */
  readonly allow?: string;
}

export interface RouterOptions {
  readonly health: Health;
  readonly metrics: Pick<MetricsRegistry, 'render' | 'contentType'>;
  /** Path of the metrics, with its slash. */
  readonly metricsPath: string;
  /** What the attacher shows of its work; without it there are no such pages. */
  readonly inspect?: Inspect | undefined;
}

export type Router = (serves: Serves, request: PageRequest) => Promise<PageResponse>;

const plain = 'text/plain; charset=utf-8';
const json = 'application/json';

/** Answers requests, knowing nothing of sockets. Every open address has the health paths, whatever else it serves. */
export function createRouter(options: RouterOptions): Router {
  return async (serves, request) => {
    const page = find(options, serves, request);
    if (page === undefined) return notFound(options, serves, request.path);
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return { status: 405, contentType: plain, body: `${request.method} is not allowed here\n`, allow: 'GET, HEAD' };
    }
    return page();
  };
}

type Page = () => PageResponse | Promise<PageResponse>;

function find(options: RouterOptions, serves: Serves, { path, query }: PageRequest): Page | undefined {
  if (serves.metrics && path === options.metricsPath) {
    return async () => ({
      status: 200,
      contentType: options.metrics.contentType,
      body: await options.metrics.render(),
    });
  }
  const { inspect } = options;
  if (serves.debug && path === '/debug/attachments' && inspect !== undefined) {
    return () => ({ status: 200, contentType: json, body: `${JSON.stringify(inspect.attachments())}\n` });
  }
  const [, first, ...rest] = path.split('/');
  const endpoint = healthEndpoints.find((name) => name === first);
  return endpoint && healthPage(options.health, endpoint, rest.join('/'), query);
}

function healthPage(health: Health, endpoint: HealthEndpoint, name: string, query: URLSearchParams): Page | undefined {
  if (name === '') {
    const exclude = query.getAll('exclude');
    return () => healthResponse(health.report(endpoint, { verbose: query.has('verbose'), exclude }));
  }
  const report = health.reportOne(endpoint, name);
  return report && (() => healthResponse(report));
}

function healthResponse({ ok, text }: HealthReport): PageResponse {
  return { status: ok ? 200 : 500, contentType: plain, body: text };
}

function notFound(options: RouterOptions, serves: Serves, path: string): PageResponse {
  const known = [
    ...(serves.metrics ? [options.metricsPath] : []),
    ...healthEndpoints.flatMap((name) => [`/${name}`, ...options.health.names(name).map((one) => `/${name}/${one}`)]),
    ...(serves.debug && options.inspect !== undefined ? ['/debug/attachments'] : []),
  ];
  return {
    status: 404,
    contentType: plain,
    body: `${JSON.stringify(path)} does not exist. What does:\n${known.join('\n')}\n`,
  };
}
