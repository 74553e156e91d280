import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { clusterTool } from './cluster-tools.ts';

/** Runs promtool. Rejects with all that it wrote if it finds anything wrong. */
export async function promtool(...args: readonly string[]): Promise<void> {
  await promisify(execFile)(clusterTool('promtool'), [...args]).catch((error: { stdout?: string; stderr?: string }) => {
    throw new Error(`promtool ${args.join(' ')}:\n${error.stdout}${error.stderr}`);
  });
}
