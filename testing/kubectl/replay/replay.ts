/** Asks again what kubectl asked, over HTTP/2. */
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2';
import type { Clock } from '../../../src/base/clock.ts';
import { systemClock } from '../../../src/platform/clock.ts';
import type { JsonObject } from '../../apiserver/object.ts';
import type { RunningApiServer } from '../../apiserver/start.ts';
import { type Gist, gistOf, gistOfEvent, parse, type RecordedRequest, resolve } from './exchanges.ts';

/** Timers run, but nothing ages, so that tables are the same in every run. */
export const stoppedClock: Clock = {
  ...systemClock,
  now: () => Date.UTC(2026, 0, 2, 3, 4, 5),
};

export class Replayer {
  readonly #session: ClientHttp2Session;
  readonly #token: string;
  readonly #watches: OpenWatch[] = [];

  constructor(server: RunningApiServer) {
    this.#session = connect(server.url, { ca: server.caPem });
    this.#token = server.token('admin');
  }

  /** Asks all requests of one command in turn; the gists of the answers, watches being those that have opened. */
  async ask(requests: readonly RecordedRequest[]): Promise<Gist[]> {
    const gists: Gist[] = [];
    const answers: JsonObject[] = [];
    for (const request of requests) {
      const { gist, json } = await this.#askOne(request, answers);
      gists.push(gist);
      answers.push(json);
    }
    return gists;
  }

  /** Waits until each watch that must see events has seen as many, and gives their gists. */
  async events(): Promise<Gist[][]> {
    const all: Gist[][] = [];
    for (const watch of this.#watches) all.push(await watch.seen);
    return all;
  }

  close(): void {
    this.#session.destroy();
  }

  async #askOne(request: RecordedRequest, answers: readonly JsonObject[]): Promise<{ gist: Gist; json: JsonObject }> {
    const body = bodyToSend(request, answers);
    const headers = {
      ':method': request.method,
      ':path': resolve(request.path, answers),
      accept: request.accept,
      authorization: `Bearer ${this.#token}`,
      ...(request.contentType === undefined ? {} : { 'content-type': request.contentType }),
      ...(request.actingAs === undefined ? {} : { 'impersonate-user': request.actingAs }),
    };
    const stream = this.#session.request(headers, { endStream: body === undefined });
    if (body !== undefined) stream.end(body);
    const response = await responseOf(stream);
    const status = Number(response[':status']);
    const contentType = String(response['content-type']);
    if (status === 200 && /[?&]watch=/.test(request.path)) {
      this.#keep(stream, request);
      return { gist: gistOf(status, contentType, undefined), json: {} };
    }
    const answer = await bodyOf(stream);
    return { gist: gistOf(status, contentType, answer), json: parse(answer) };
  }

  #keep(stream: ClientHttp2Stream, request: RecordedRequest): void {
    const wanted = request.answer.events?.length;
    if (wanted === undefined) stream.close();
    else this.#watches.push(new OpenWatch(stream, wanted));
  }
}

function bodyToSend(request: RecordedRequest, answers: readonly JsonObject[]): Buffer | undefined {
  if (request.bodyBase64 !== undefined) return Buffer.from(request.bodyBase64, 'base64');
  return request.body === undefined ? undefined : Buffer.from(resolve(request.body, answers));
}

/** A watch that has to see so many events. */
class OpenWatch {
  readonly seen: Promise<Gist[]>;

  constructor(stream: ClientHttp2Stream, wanted: number) {
    const gists: Gist[] = [];
    let rest = '';
    this.seen = new Promise((resolve) => {
      stream.on('data', (chunk: Buffer) => {
        const lines = (rest + String(chunk)).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) gists.push(gistOfEvent(parse(Buffer.from(line))));
        if (gists.length >= wanted) {
          stream.close();
          resolve(gists);
        }
      });
    });
  }
}

function responseOf(stream: ClientHttp2Stream): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    stream.once('response', resolve);
    stream.once('error', reject);
  });
}

async function bodyOf(stream: ClientHttp2Stream): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
