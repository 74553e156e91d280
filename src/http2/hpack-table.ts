export interface HeaderField {
  readonly name: string;
  readonly value: string;
}

/** RFC 7541, appendix A: numbered from 1. */
const text = `:authority|:method GET|:method POST|:path /|:path /index.html|:scheme http|:scheme https|:status 200|:status 204
:status 206|:status 304|:status 400|:status 404|:status 500|accept-charset|accept-encoding gzip, deflate|accept-language
accept-ranges|accept|access-control-allow-origin|age|allow|authorization|cache-control|content-disposition
content-encoding|content-language|content-length|content-location|content-range|content-type|cookie|date|etag|expect
expires|from|host|if-match|if-modified-since|if-none-match|if-range|if-unmodified-since|last-modified|link|location
max-forwards|proxy-authenticate|proxy-authorization|range|referer|refresh|retry-after|server|set-cookie
strict-transport-security|transfer-encoding|user-agent|vary|via|www-authenticate`;

/** The fields that both sides know from the start; the first is number 1. */
export const staticFields: readonly HeaderField[] = text.split(/[|\n]/).map((field) => {
  const space = field.indexOf(' ');
  return space < 0 ? { name: field, value: '' } : { name: field.slice(0, space), value: field.slice(space + 1) };
});

/** What a field counts for in a table, in bytes. */
export function fieldBytes(name: string, value: string): number {
  return name.length + value.length + 32;
}

/** The fields that one side has told the other to remember. The newest has the lowest number; the oldest go first. */
export class DynamicTable {
  readonly #fields: HeaderField[] = [];
  #bytes = 0;
  #maxBytes: number;
  #added = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** How many fields were ever added: the next one's serial number. */
  get added(): number {
    return this.#added;
  }

  get maxBytes(): number {
    return this.#maxBytes;
  }

  /** The field of an index as it goes on the wire, in which the static fields come first. */
  at(index: number): HeaderField | undefined {
    if (index <= staticFields.length) return staticFields[index - 1];
    return this.#fields[this.#fields.length - (index - staticFields.length)];
  }

  /** The index of the field with that serial number; 0 if it is no longer there. */
  indexOf(serial: number): number {
    const age = this.#added - serial;
    return age <= this.#fields.length ? staticFields.length + age : 0;
  }

  add(field: HeaderField): void {
    const bytes = fieldBytes(field.name, field.value);
    this.#shrink(this.#maxBytes - bytes);
    this.#added++;
    // A field that is larger than the whole table empties it, and is not in it.
    if (bytes > this.#maxBytes) return;
    this.#fields.push(field);
    this.#bytes += bytes;
  }

  resize(maxBytes: number): void {
    this.#maxBytes = maxBytes;
    this.#shrink(maxBytes);
  }

  #shrink(bytes: number): void {
    while (this.#bytes > bytes) {
      const oldest = this.#fields.shift();
      if (oldest === undefined) return;
      this.#bytes -= fieldBytes(oldest.name, oldest.value);
    }
  }
}
