import type { Files } from '../../base/files.ts';

/** The whole content. Throws AccessError if it cannot be read or is empty. */
export async function readFile(files: Files, path: string, hint?: string): Promise<string> {
  const suffix = hint === undefined ? '' : ` (${hint})`;
  let text: string;
  try {
    text = await files.readText(path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new AccessError(`cannot read ${path}: ${reason}${suffix}`, { cause: error });
  }
  if (text.trim() === '') throw new AccessError(`${path} is empty${suffix}`);
  return text;
}

/** True if it can stand in a header: printable, and without spaces. */
export function isToken(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text);
}

/** A bearer token. Throws AccessError if there is none: a file that is half written must not be sent. */
export async function readToken(files: Files, path: string, hint?: string): Promise<string> {
  const token = (await readFile(files, path, hint)).trim();
  if (!isToken(token)) throw new AccessError(`${path} holds no token: it has characters that no token has`);
  return token;
}

/** The way to the API server cannot be found out; the message says in which file or variable, and what is wrong. */
export class AccessError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'AccessError';
  }
}
