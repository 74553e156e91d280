/** One request and its answer on the wire, whichever version of HTTP carries them. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import type { Readable, Writable } from 'node:stream';
import type { AnswerHeaders, CoreRequest } from '../answers.ts';

export interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly headers: CoreRequest['headers'];
  /** Where the body comes from. */
  readonly input: Readable;
  /** Where the answer's body goes. */
  readonly output: Writable;
  /** Sends status and headers; with a length, the body will have that many bytes. */
  respond(status: number, headers: AnswerHeaders, length?: number): void;
}

export function http2Exchange(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): Exchange {
  return {
    method: String(headers[':method']),
    path: String(headers[':path']),
    headers: headers as CoreRequest['headers'],
    input: stream,
    output: stream,
    respond: (status, given, length) => {
      // The client may have gone in the meantime.
      if (!stream.headersSent && !stream.destroyed) stream.respond({ ':status': status, ...wire(given, length) });
    },
  };
}

export function http1Exchange(request: IncomingMessage, response: ServerResponse): Exchange {
  return {
    method: request.method ?? 'GET',
    path: request.url ?? '/',
    headers: request.headers as CoreRequest['headers'],
    input: request,
    output: response,
    respond: (status, given, length) => {
      response.writeHead(status, wire(given, length));
      // Headers would wait for the first bytes of the body; a client has to know at once that its watch is there.
      response.flushHeaders();
    },
  };
}

function wire(headers: AnswerHeaders, length: number | undefined): Record<string, string | string[]> {
  const all: Record<string, string | string[]> = { 'cache-control': 'no-cache, private' };
  for (const [name, value] of Object.entries(headers)) all[name] = typeof value === 'string' ? value : [...value];
  if (length !== undefined) all[constants.HTTP2_HEADER_CONTENT_LENGTH] = String(length);
  return all;
}
