import { DynamicTable, fieldBytes, type HeaderField } from './hpack-table.ts';
import { decodeHuffman } from './huffman.ts';
import { defaultTableBytes, ErrorCode, type Headers, Http2Error } from './protocol.ts';

/** A server that sends more in one go is broken, or malicious: a few bytes on the wire can stand for very many. */
const maxListBytes = 1024 * 1024;

/** Reads header blocks, in the order in which they came: each may refer to what the ones before have said. */
export class HpackDecoder {
  readonly #table = new DynamicTable(defaultTableBytes);
  #block: Buffer = Buffer.alloc(0);
  #at = 0;

  /** Throws Http2Error; the connection is then of no more use. */
  decode(block: Buffer): Headers {
    const headers: Record<string, string> = {};
    let listBytes = 0;
    this.#block = block;
    this.#at = 0;
    this.#resizes();
    while (this.#at < block.length) {
      const { name, value } = this.#field(block[this.#at] as number);
      listBytes += fieldBytes(name, value);
      if (listBytes > maxListBytes) throw wrong('a header list of more than 1 MiB');
      const known = headers[name];
      headers[name] = typeof known === 'string' ? `${known}, ${value}` : value;
    }
    return headers;
  }

  /** Dynamic table size updates, which stand before all fields. */
  #resizes(): void {
    while (this.#at < this.#block.length && ((this.#block[this.#at] as number) & 0xe0) === 0x20) {
      const bytes = this.#integer(5);
      if (bytes > defaultTableBytes)
        throw wrong(`a header table size of ${bytes}, more than the ${defaultTableBytes} that it may be`);
      this.#table.resize(bytes);
    }
  }

  /** The field that begins with `first`. */
  #field(first: number): HeaderField {
    if (first & 0x80) return this.#known(this.#integer(7));
    if (first & 0x40) {
      const field = this.#literal(6);
      this.#table.add(field);
      return field;
    }
    if (first & 0x20) throw wrong('a header table size update behind a header');
    return this.#literal(4);
  }

  #literal(prefixBits: number): HeaderField {
    const index = this.#integer(prefixBits);
    const name = index === 0 ? this.#string() : this.#known(index).name;
    return { name, value: this.#string() };
  }

  #known(index: number): HeaderField {
    const field = this.#table.at(index);
    if (field === undefined) throw wrong(`the HPACK index ${index}, which is in no table`);
    return field;
  }

  #string(): string {
    const huffman = ((this.#block[this.#at] as number) & 0x80) !== 0;
    const length = this.#integer(7);
    const start = this.#at;
    const end = start + length;
    if (end > this.#block.length) throw wrong('a header string that is longer than its header block');
    this.#at = end;
    return huffman ? decodeHuffman(this.#block, start, end) : this.#block.toString('latin1', start, end);
  }

  #integer(prefixBits: number): number {
    const most = 2 ** prefixBits - 1;
    let value = this.#byte() & most;
    if (value < most) return value;
    for (let factor = 1; factor <= 2 ** 21; factor *= 128) {
      const byte = this.#byte();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
    throw wrong('an HPACK integer overflow');
  }

  #byte(): number {
    const byte = this.#block[this.#at++];
    if (byte === undefined) throw wrong('a header block that ends within a field');
    return byte;
  }
}

function wrong(what: string): Http2Error {
  return new Http2Error(ErrorCode.CompressionError, `the server sent ${what}`);
}
