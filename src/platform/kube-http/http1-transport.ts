import { request as startRequest } from 'node:http';
import type { Clock } from '../../base/clock.ts';
import type { Access, Endpoint } from '../../kube/access/access.ts';
import type { HttpRequest, HttpResponse, HttpTransport, StreamSink } from '../../kube/client/transport.ts';
import { Answer } from '../answer.ts';
import { openConnection } from '../dial.ts';
import { Http1Call } from './http1-call.ts';
import { ServerAgent } from './server-agent.ts';

export interface Http1TransportOptions {
  access: Pick<Access, 'endpoint'>;
  clock: Clock;
  /** How long a connection may take. 10 seconds unless told. */
  connectTimeoutMs?: number;
  /** Called when there is a connection. */
  onConnect?: () => void;
}

/** Connections for requests, which each have one to themselves while they last. */
const mostConnections = 64;

/**
 * HTTP/1.1 to the API server, for servers and proxies without HTTP/2. Requests share some connections that are kept for
 * the next ones and wait in line for them; each watch has one of its own.
 */
export class Http1Transport implements HttpTransport {
  readonly #options: Http1TransportOptions;
  readonly #line = new Set<Http1Call>();
  readonly #running = new Set<Http1Call>();
  readonly #streams = new Set<Http1Call>();
  #agents: { requests: ServerAgent; streams: ServerAgent };
  #closed = false;

  constructor(options: Http1TransportOptions) {
    this.#options = options;
    this.#agents = this.#makeAgents();
  }

  async request(request: HttpRequest): Promise<HttpResponse> {
    const answer = new Answer();
    const call = this.#call(request, answer);
    if (!call.over) {
      this.#line.add(call);
      this.#pump();
    }
    await call.done;
    return answer.response();
  }

  stream(request: HttpRequest, sink: StreamSink): Promise<void> {
    const call = this.#call(request, sink);
    if (!call.over) {
      this.#streams.add(call);
      call.start(this.#agents.streams);
    }
    return call.done;
  }

  /** New requests go over new connections, those under way end on theirs; watches end, to be opened again. */
  redial(): void {
    const { requests } = this.#agents;
    this.#agents = this.#makeAgents();
    requests.retire();
    for (const call of [...this.#streams]) call.fail('broken', 'the connection is replaced by a new one');
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    const all = [...this.#line, ...this.#running, ...this.#streams];
    for (const call of all) call.fail('closed', 'the connection to the API server is closed');
    for (const agent of Object.values(this.#agents)) agent.destroy();
  }

  #makeAgents() {
    const open = (): ReturnType<ServerAgent['open']> => this.#open();
    return {
      requests: new ServerAgent({ open, isKept: true }),
      streams: new ServerAgent({ open, isKept: false }),
    };
  }

  #call(request: HttpRequest, sink: StreamSink): Http1Call {
    const onEnd = (ended: Http1Call): void => this.#ended(ended);
    const call = new Http1Call({ request, sink, clock: this.#options.clock, startRequest, onEnd });
    if (this.#closed) call.fail('closed', 'the connection to the API server is closed');
    return call;
  }

  #pump(): void {
    for (const call of this.#line) {
      if (this.#running.size >= mostConnections) return;
      this.#line.delete(call);
      if (!call.isWanted()) continue;
      this.#running.add(call);
      call.start(this.#agents.requests);
    }
  }

  #ended(call: Http1Call): void {
    for (const calls of [this.#line, this.#running, this.#streams]) calls.delete(call);
    if (this.#closed) return;
    if (call.abandoned) this.#suspect(call.startedAt);
    this.#pump();
  }

  /**
   * Somebody has waited in vain for an answer: the server may be slow, or gone. A connection on which nothing happens
   * tells nothing, so that the unused ones are let go, and watches that have not heard anything since are opened again.
   */
  #suspect(since: number): void {
    this.#agents.requests.closeUnused();
    for (const call of [...this.#streams]) {
      if (call.heardAt <= since) call.fail('broken', 'neither a watch nor a request got an answer any more');
    }
  }

  async #open(): ReturnType<ServerAgent['open']> {
    const { access, clock, connectTimeoutMs = 10_000, onConnect } = this.#options;
    const limit = new AbortController();
    const late = new Error(`no connection within ${connectTimeoutMs / 1000}s`);
    const timer = clock.schedule(connectTimeoutMs, () => limit.abort(late));
    let endpoint: Endpoint | undefined;
    try {
      endpoint = await access.endpoint();
      const socket = await openConnection(endpoint, { protocols: ['http/1.1'], signal: limit.signal });
      // Finds out that the other end has vanished while nothing is sent, as on a watch.
      socket.setKeepAlive(true, 15_000);
      onConnect?.();
      return { socket, server: endpoint.server };
    } catch (error) {
      const cause = limit.signal.aborted ? late : error;
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`cannot connect to ${endpoint?.server.origin ?? 'the API server'}: ${reason}`, { cause });
    } finally {
      timer.cancel();
    }
  }
}
