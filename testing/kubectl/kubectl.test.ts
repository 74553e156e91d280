import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type RunningApiServer, startApiServer } from '../apiserver/start.ts';
import { forKubectl } from './index.ts';
import { findKubectl, type RunningKubectl, startKubectl } from './replay/binary.ts';
import type { Recording } from './replay/exchanges.ts';
import { Replayer, stoppedClock } from './replay/replay.ts';
import { script, watched } from './replay/script.ts';

const folder = new URL('replay/recordings/', import.meta.url);
const recordings = readdirSync(folder).map((file) => {
  return JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Recording;
});

/** So that what never comes fails instead of hanging. */
const timeout = 60_000;

for (const recording of recordings) {
  describe(`what kubectl ${recording.kubectl} asks is answered`, () => {
    let server: RunningApiServer;
    let replayer: Replayer;

    before(async () => {
      server = await startApiServer({ clock: stoppedClock, extension: forKubectl() });
      replayer = new Replayer(server);
    });
    after(async () => {
      replayer.close();
      await server.close();
    });

    it('for every command of the script', () => {
      assert.deepEqual(
        recording.commands.map((command) => command.name),
        script.map((command) => command.name),
      );
    });

    for (const { name, requests } of recording.commands) {
      it(`when it ${name}`, async () => {
        const gists = await replayer.ask(requests);
        const wanted = requests.map(({ answer: { events: _events, ...answer } }) => answer);
        assert.deepEqual(gists, wanted);
      });
    }

    it('and watches have seen what was done meanwhile', { timeout }, async () => {
      const answers = recording.commands.flatMap((command) => command.requests.map((request) => request.answer));
      const wanted = answers.flatMap(({ events }) => (events === undefined ? [] : [events]));
      assert.ok(wanted.length > 0);
      assert.deepEqual(await replayer.events(), wanted);
    });
  });
}

const kubectl = findKubectl();
// What is asked and answered is tested above in any case; this also shows what kubectl makes of it.
if (kubectl !== undefined) {
  describe('kubectl itself', () => {
    const home = mkdtempSync(join(tmpdir(), 'kubectl-test-'));
    const kubeconfig = join(home, 'kubeconfig');
    let server: RunningApiServer;
    const staying: RunningKubectl[] = [];

    before(async () => {
      server = await startApiServer({ extension: forKubectl() });
      writeFileSync(kubeconfig, server.kubeconfig());
    });
    after(async () => {
      for (const process of staying) process.stop();
      await server.close();
      rmSync(home, { recursive: true });
    });

    for (const command of script) {
      it(command.name, { timeout }, async () => {
        const process = startKubectl(kubectl, kubeconfig, home, command.args, command.stdin);
        if (command.stays) {
          staying.push(process);
          await until(() => server.core.watchCount > 0);
          return;
        }
        const run = await process.ended;
        assert.equal(run.exitCode, command.exitCode, run.stderr);
        assert.match(command.exitCode === 0 ? run.stdout : run.stdout + run.stderr, command.output);
      });
    }

    it('has shown all changes to the one who watched', { timeout }, async () => {
      for (const process of staying) {
        await until(() => watched.test(process.output()));
        process.stop();
        await process.ended;
      }
    });
  });
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
}
