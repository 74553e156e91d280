import type { Files } from '../base/files.ts';
import { AccessError } from './access-error.ts';

/** The content without white space around it. Throws AccessError if it cannot be read or is empty. */
export async function readFile(files: Files, path: string, hint?: string): Promise<string> {
  const suffix = hint === undefined ? '' : ` (${hint})`;
  let text: string;
  try {
    text = (await files.readText(path)).trim();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new AccessError(`cannot read ${path}: ${reason}${suffix}`, { cause: error });
  }
  if (text === '') throw new AccessError(`${path} is empty${suffix}`);
  return text;
}
