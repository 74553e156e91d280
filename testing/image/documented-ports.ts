import { once } from 'node:events';
import { createServer } from 'node:net';
import type { TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';

/** A name in the kernel, which goes with the process that has it. */
const lockName = '\0csi-attacher-documented-ports';

/** For a test whose attacher takes 8080 and 9808: of all such tests on the machine, it runs alone until it has ended. */
export async function reserveDocumentedPorts(context: TestContext): Promise<void> {
  const deadline = performance.now() + 60_000;
  for (;;) {
    const lock = createServer();
    try {
      // Rejects if the name is taken.
      await once(lock.listen(lockName), 'listening');
      context.after(() => lock.close());
      return;
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await delay(50);
    }
  }
}
