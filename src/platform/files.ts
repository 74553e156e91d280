import { readFile } from 'node:fs';
import { promisify } from 'node:util';
import type { Files } from '../base/files.ts';

/** With the callback's form below: `node:fs/promises` brings streams along, which take almost another MiB. */
const read = promisify(readFile);

/** The machine's files. */
export const systemFiles: Files = {
  readText: (path) => read(path, 'utf8'),
};
