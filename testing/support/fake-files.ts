import type { Files } from '../../src/base/files.ts';

/** Files in memory, which a test may replace. */
export class FakeFiles implements Files {
  readonly contents: Record<string, string>;
  reads = 0;

  constructor(contents: Record<string, string>) {
    this.contents = contents;
  }

  readText(path: string): Promise<string> {
    this.reads++;
    const text = this.contents[path];
    if (text === undefined) return Promise.reject(new Error(`ENOENT: no such file or directory, open '${path}'`));
    return Promise.resolve(text);
  }
}
