import { readFile } from 'node:fs/promises';
import type { Files } from '../base/files.ts';

/** The machine's files. */
export const systemFiles: Files = {
  readText: (path) => readFile(path, 'utf8'),
};
