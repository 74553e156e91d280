import process from 'node:process';

const asked = new AbortController();
let tell: (signal: string) => void = () => {};

// The handlers stand as soon as this module is loaded, before anything that takes time: process 1 of a container never
// sees a SIGTERM that comes without a handler, and goes on until it is killed.
for (const name of ['SIGTERM', 'SIGINT']) {
  process.on(name, () => {
    if (asked.signal.aborted) process.exit(1);
    asked.abort(name);
    tell(name);
  });
}

/**
 * Aborts at the first SIGTERM or SIGINT since the process began; the second one ends the process where it stands.
 * `told` hears the signal's name, even of one that came before.
 */
export async function stopSignal(told: (signal: string) => void): Promise<AbortSignal> {
  // What came while modules were loaded is told in the first turn of the event loop.
  await new Promise((resolve) => setImmediate(resolve));
  tell = told;
  if (asked.signal.aborted) told(String(asked.signal.reason));
  return asked.signal;
}
