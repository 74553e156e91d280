import { get } from 'node:http';

const timeoutMs = 2_000;
const longestBytes = 64 * 1024 * 1024;

/** The JSON that an http:// page answers; undefined if nobody answers in time, or with something else. Never rejects. */
export function localPage(url: string): Promise<unknown> {
  return new Promise((resolve) => {
    const nothing = (): void => resolve(undefined);
    const request = get(url, { timeout: timeoutMs }, (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > longestBytes) request.destroy();
        else chunks.push(chunk);
      });
      response.on('error', nothing);
      response.on('close', nothing);
      response.on('end', () => {
        try {
          resolve(response.statusCode === 200 ? JSON.parse(Buffer.concat(chunks).toString('utf8')) : undefined);
        } catch {
          nothing();
        }
      });
    });
    request.on('timeout', () => request.destroy());
    request.on('error', nothing);
  });
}
