import type { Credentials } from '../../src/kube/access/credentials.ts';
import type { HttpRequest, HttpTransport } from '../../src/kube/client/transport.ts';

/** As much of an object as everything here needs; the rest is read where it is used. */
export interface KubeObject {
  apiVersion?: string;
  kind?: string;
  metadata: {
    name: string;
    namespace?: string;
    uid?: string;
    resourceVersion?: string;
    creationTimestamp?: string;
    deletionTimestamp?: string;
    finalizers?: string[];
  };
  spec?: unknown;
  status?: unknown;
}

/** The server said no. */
export class ApiError extends Error {
  readonly code: number;

  constructor(what: string, code: number, message: string) {
    super(`${what}: ${code} ${message}`);
    this.code = code;
  }
}

/** Plain JSON requests to an API server: what a user of the cluster does, with none of the attacher's own client. */
export class Api {
  readonly transport: HttpTransport;
  readonly #credentials: Credentials;

  constructor(transport: HttpTransport, credentials: Credentials) {
    this.transport = transport;
    this.#credentials = credentials;
  }

  async get(path: string): Promise<unknown> {
    return JSON.parse(await this.text('GET', path));
  }

  async create(path: string, object: unknown): Promise<KubeObject> {
    return JSON.parse(await this.text('POST', path, object));
  }

  async mergePatch(path: string, patch: unknown): Promise<KubeObject> {
    return JSON.parse(await this.text('PATCH', path, patch));
  }

  async delete(path: string): Promise<void> {
    await this.text('DELETE', path);
  }

  /** The answer's body as it is. Throws ApiError for a status outside 200 to 299. */
  async text(method: HttpRequest['method'], path: string, body?: unknown): Promise<string> {
    const response = await this.transport.request({
      method,
      path,
      headers: await this.headers(method),
      body: body === undefined ? undefined : Buffer.from(JSON.stringify(body)),
    });
    const text = Buffer.from(response.body).toString('utf8');
    if (response.status < 200 || response.status > 299) {
      throw new ApiError(`${method} ${path}`, response.status, messageOf(text));
    }
    return text;
  }

  async headers(method: HttpRequest['method'] = 'GET'): Promise<Record<string, string>> {
    const token = await this.#credentials.token();
    return {
      accept: 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(method === 'POST' ? { 'content-type': 'application/json' } : {}),
      ...(method === 'PATCH' ? { 'content-type': 'application/merge-patch+json' } : {}),
    };
  }

  close(): void {
    this.transport.close();
  }
}

function messageOf(text: string): string {
  try {
    const status: unknown = JSON.parse(text);
    if (typeof status === 'object' && status !== null && 'message' in status) return String(status.message);
  } catch {
    // Not a Status; shown as it is.
  }
  return text.slice(0, 300);
}
