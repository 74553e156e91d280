/** Asks the embedded API server in plain JSON, without a transport: for tests, and to set the scene. */
import type { ApiServer } from './core.ts';
import type { JsonObject } from './object.ts';
import type { Watch } from './storage/watch.ts';

export interface ClientAnswer {
  readonly status: number;
  readonly body: JsonObject;
}

interface WatchedEvent {
  readonly type: string;
  readonly object: JsonObject;
}

/** A watch that is being read. */
export interface OpenWatch {
  readonly events: WatchedEvent[];
  /** False lets events pile up in the server until `watch.resume()`. */
  isReading: boolean;
  hasEnded: boolean;
  readonly watch: Watch;
}

export type PatchType = 'merge' | 'json' | 'strategic-merge' | 'apply';

export class CoreClient {
  readonly #server: ApiServer;
  readonly #token: string;

  constructor(server: ApiServer, token: string) {
    this.#server = server;
    this.#token = token;
  }

  get(path: string): ClientAnswer {
    return this.request('GET', path);
  }

  create(path: string, body: object): ClientAnswer {
    return this.request('POST', path, body);
  }

  update(path: string, body: object): ClientAnswer {
    return this.request('PUT', path, body);
  }

  patch(path: string, body: object, type: PatchType = 'merge'): ClientAnswer {
    return this.request('PATCH', path, body, `application/${type}-patch+${type === 'apply' ? 'yaml' : 'json'}`);
  }

  delete(path: string, body?: object): ClientAnswer {
    return this.request('DELETE', path, body);
  }

  /** Throws an Error if the answer is not there at once (a watch, or a list that has to wait). */
  request(method: string, path: string, body?: object, contentType = 'application/json'): ClientAnswer {
    const bytes = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
    const headers = { ...this.#headers(), 'content-type': contentType };
    const answer = this.#server.handle({ method, path, headers, body: bytes });
    if (answer.kind !== 'done') throw new Error(`${method} ${path} is not answered at once`);
    const text = Buffer.from(answer.body).toString();
    const isJson = String(answer.headers['content-type']).startsWith('application/json');
    return { status: answer.status, body: isJson ? (JSON.parse(text) as JsonObject) : { text } };
  }

  /** Throws an Error if the server refuses the watch. */
  watch(path: string): OpenWatch {
    const answer = this.#server.handle({ method: 'GET', path, headers: this.#headers() });
    if (answer.kind !== 'watch') throw new Error(`${path} is no watch`);
    const events: WatchedEvent[] = [];
    const state = { events, isReading: true, hasEnded: false };
    const watch = answer.open({
      write: (frame) => {
        events.push(JSON.parse(Buffer.from(frame).toString()) as WatchedEvent);
        return state.isReading;
      },
      end: () => {
        state.hasEnded = true;
      },
    });
    return Object.assign(state, { watch });
  }

  #headers(): Record<string, string> {
    return { accept: 'application/json', authorization: `Bearer ${this.#token}` };
  }
}
