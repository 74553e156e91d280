/** What a parser found, or one sentence on what is wrong: for places where the caller decides what an error means. */
export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: string };

export function parsed<T>(value: T): Parsed<T> {
  return { ok: true, value };
}

export function notParsed(error: string): { readonly ok: false; readonly error: string } {
  return { ok: false, error };
}
