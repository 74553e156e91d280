/** Ways to a server, as one interface: a request goes in, status, headers and the whole body come out. */
import { type ClientHttp2Session, connect, type IncomingHttpHeaders } from 'node:http2';
import type { TokenEntry } from '../apiserver/access/tokens.ts';
import { ApiServer } from '../apiserver/core.ts';
import { MemoryTransport } from '../apiserver/memory.ts';
import { startApiServer } from '../apiserver/start.ts';
import { forKubectl } from '../kubectl/index.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { seededRandom } from '../support/seeded-random.ts';

export interface Question {
  method: string;
  path: string;
  /** `admin`, `attacher`, nobody (empty), or somebody whom the server does not know. */
  as: string;
  headers: Record<string, string>;
  body?: Uint8Array | undefined;
}

export interface Answer {
  status: number;
  headers: Readonly<Record<string, string | undefined>>;
  body: Buffer;
}

export interface Face {
  /** Absent if the server is not ours, and goes by the time of its machine. */
  readonly clock?: FakeClock;
  readonly core?: ApiServer;
  /** A real server, which the recordings may be newer or older than. */
  readonly isReal?: boolean;
  /** Waits until a watch that was just asked for has begun. */
  letBegin?(): Promise<void>;
  /** Resolves when the answer has ended. */
  send(question: Question): Promise<Answer>;
  close(): Promise<void>;
}

export async function memoryFace(tokens: readonly TokenEntry[]): Promise<Face> {
  const clock = new FakeClock();
  const core = new ApiServer({ clock, random: seededRandom(1), tokens, extension: forKubectl() });
  const transport = new MemoryTransport({ server: core, clock });
  return {
    clock,
    core,
    send: async ({ method, path, as, headers, body }) => {
      const chunks: Uint8Array[] = [];
      let answer: Omit<Answer, 'body'> = { status: 0, headers: {} };
      const request = { method: method as 'GET', path, headers: { ...headers, ...bearer(as) }, body };
      await transport.stream(request, {
        onResponse: (status, given) => {
          answer = { status, headers: given };
        },
        onData: (chunk) => void chunks.push(Uint8Array.from(chunk)),
      });
      return { ...answer, body: Buffer.concat(chunks) };
    },
    close: async () => transport.close(),
  };
}

export async function httpsFace(tokens: readonly TokenEntry[]): Promise<Face> {
  const clock = new FakeClock();
  const server = await startApiServer({ clock, random: seededRandom(1), tokens, extension: forKubectl() });
  const session = connect(server.url, { ca: server.caPem });
  return {
    clock,
    core: server.core,
    send: (question) => exchange(session, { ...question, headers: { ...question.headers, ...bearer(question.as) } }),
    close: async () => {
      session.close();
      await server.close();
    },
  };
}

/** The token of somebody on the embedded server. */
export function bearer(as: string): Record<string, string> {
  return as === '' ? {} : { authorization: `Bearer ${as}-token` };
}

export function exchange(session: ClientHttp2Session, question: Question): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { method, path, headers: asked, body } = question;
    const stream = session.request({ ':method': method, ':path': path, ...asked }, { endStream: body === undefined });
    const chunks: Buffer[] = [];
    let headers: IncomingHttpHeaders & { ':status'?: number } = {};
    stream.on('response', (given) => {
      headers = given;
    });
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('error', reject);
    stream.on('end', () => {
      const plain = Object.entries(headers).map(([name, value]) => [name, value === undefined ? value : String(value)]);
      resolve({ status: headers[':status'] ?? 0, headers: Object.fromEntries(plain), body: Buffer.concat(chunks) });
    });
    if (body !== undefined) stream.end(body);
  });
}
