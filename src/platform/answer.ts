import type { HttpHeaders, HttpResponse, StreamSink } from '../kube/client/transport.ts';

/** Collects a whole answer. */
export class Answer implements StreamSink {
  #status = 0;
  #headers: HttpHeaders = {};
  readonly #chunks: Uint8Array[] = [];

  onResponse(status: number, headers: HttpHeaders): void {
    this.#status = status;
    this.#headers = headers;
  }

  onData(chunk: Uint8Array): void {
    this.#chunks.push(Buffer.from(chunk)); // The connection uses the chunk again.
  }

  response(): HttpResponse {
    const [first = nothing, ...others] = this.#chunks;
    const body = others.length === 0 ? first : Buffer.concat(this.#chunks);
    return { status: this.#status, headers: this.#headers, body };
  }
}

const nothing = new Uint8Array(0);
