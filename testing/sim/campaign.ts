import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Report } from './run.ts';

export interface CampaignOptions {
  firstSeed: number;
  seeds: number;
  workers: number;
  /** Takes each report, in the order in which runs end. Returns false to begin no more. */
  ended: (report: Report) => boolean;
}

/** Runs many seeds, each worker a process of testing/sim/worker.ts. Rejects if one of them dies. */
export async function campaign({ firstSeed, seeds, workers, ended }: CampaignOptions): Promise<void> {
  let next = firstSeed;
  const end = firstSeed + seeds;
  let isGoingOn = true;
  const path = fileURLToPath(new URL('worker.ts', import.meta.url));

  function work(child: ChildProcess): Promise<void> {
    return new Promise((resolve, reject) => {
      /** Seeds that the worker has not reported yet: one more than it runs, so that it never waits for its next. */
      let given = 0;
      const give = (): void => {
        while (given < 2 && isGoingOn && next < end) {
          given++;
          child.send(next++);
        }
        if (given > 0) return;
        child.disconnect();
        resolve();
      };
      child.on('message', (report: Report) => {
        given--;
        if (!ended(report)) isGoingOn = false;
        give();
      });
      child.on('error', reject);
      child.on('exit', (code) => {
        if (code !== 0) reject(new Error(`a worker has died with exit code ${code}`));
      });
      give();
    });
  }

  const children = Array.from({ length: workers }, () =>
    fork(path, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] }),
  );
  try {
    await Promise.all(children.map(work));
  } finally {
    for (const child of children) if (child.connected) child.disconnect();
  }
}
