import { DynamicTable, fieldBytes, staticFields } from './hpack-table.ts';
import type { Outbox } from './outbox.ts';
import { defaultTableBytes, type Headers } from './protocol.ts';

/** Values that are new each time: not worth a place in the table. */
const fleeting: ReadonlySet<string> = new Set([':path', 'content-length', 'grpc-timeout']);

const staticNames = new Map<string, number>();
const staticPairs = new Map<string, number>();
for (const [at, { name, value }] of staticFields.entries()) {
  if (!staticNames.has(name)) staticNames.set(name, at + 1);
  if (value !== '') staticPairs.set(`${name} ${value}`, at + 1);
}

/** Writes header blocks. What comes again is told once and then named by a number: a bearer token above all. */
export class HpackEncoder {
  readonly #table = new DynamicTable(defaultTableBytes);
  /** For each name the value told last, with its serial number in the table. */
  readonly #told = new Map<string, { value: string; serial: number }>();
  /** Limits since the last block, which the next one has to begin with: the smallest, and the one that holds now. */
  #newLimit: { smallest: number; last: number } | undefined;

  /** The server's decoder remembers no more than that. */
  limitTable(maxBytes: number): void {
    const limit = Math.min(maxBytes, defaultTableBytes);
    if (this.#newLimit !== undefined) {
      this.#newLimit = { smallest: Math.min(this.#newLimit.smallest, limit), last: limit };
    } else if (limit !== this.#table.maxBytes) {
      this.#newLimit = { smallest: limit, last: limit };
    }
  }

  /** Throws TypeError for a name or value that a header may not have; the block is then not complete. */
  encode(headers: Headers, out: Outbox): void {
    if (this.#newLimit !== undefined) {
      const { smallest, last } = this.#newLimit;
      this.#newLimit = undefined;
      // What the smallest drove out is gone on the other side, even if the last one has room for it again.
      if (smallest < last) this.#resize(smallest, out);
      this.#resize(last, out);
    }
    for (const name in headers) this.#field(name, headers[name] as string, out);
  }

  /** A dynamic table size update. */
  #resize(maxBytes: number, out: Outbox): void {
    this.#table.resize(maxBytes);
    integer(out, 0x20, 5, maxBytes);
  }

  #field(name: string, value: string, out: Outbox): void {
    if (fleeting.has(name)) {
      literal(out, 0x00, 4, name, value);
      return;
    }
    const told = this.#told.get(name);
    const index = told !== undefined && told.value === value ? this.#table.indexOf(told.serial) : 0;
    if (index !== 0) {
      integer(out, 0x80, 7, index);
      return;
    }
    this.#new(name, value, out);
  }

  #new(name: string, value: string, out: Outbox): void {
    const known = staticPairs.get(`${name} ${value}`);
    if (known !== undefined) {
      integer(out, 0x80, 7, known);
    } else if (fieldBytes(name, value) > this.#table.maxBytes / 2) {
      literal(out, 0x00, 4, name, value); // It would drive out everything else.
    } else {
      literal(out, 0x40, 6, name, value);
      this.#told.set(name, { value, serial: this.#table.added });
      this.#table.add({ name, value });
    }
  }
}

function literal(out: Outbox, pattern: number, prefixBits: number, name: string, value: string): void {
  if (!/^:?[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name)) throw new TypeError(`${JSON.stringify(name)} is no header's name`);
  // The value stays unsaid: it may be a token.
  if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) throw new TypeError(`what ${name} is set to may not stand in a header`);
  const index = staticNames.get(name) ?? 0;
  integer(out, pattern, prefixBits, index);
  if (index === 0) string(out, name);
  string(out, value);
}

/** Never in Huffman code: it costs more time than the bytes are worth on a short way. */
function string(out: Outbox, value: string): void {
  integer(out, 0x00, 7, value.length);
  out.text(value);
}

function integer(out: Outbox, pattern: number, prefixBits: number, value: number): void {
  const most = 2 ** prefixBits - 1;
  if (value < most) {
    out.byte(pattern | value);
    return;
  }
  out.byte(pattern | most);
  let rest = value - most;
  for (; rest >= 0x80; rest >>>= 7) out.byte((rest & 0x7f) | 0x80);
  out.byte(rest);
}
