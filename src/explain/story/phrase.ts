import { en, type TextKey } from '../texts/en.ts';

/** A text of the catalogues, in no language yet. */
export interface Phrase {
  readonly key: TextKey;
  readonly values: Readonly<Record<string, string>>;
}

/** What a gRPC code means; undefined without one, or for one that gRPC does not know. */
export function codeText(code: number | undefined): Phrase | undefined {
  const key = `code.${code}`;
  return Object.hasOwn(en, key) ? { key: key as TextKey, values: {} } : undefined;
}
