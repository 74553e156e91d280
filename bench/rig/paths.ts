import { fileURLToPath } from 'node:url';

/** A file of this project, by its path from the root. */
export function projectFile(path: string): string {
  return fileURLToPath(new URL(`../../${path}`, import.meta.url));
}
