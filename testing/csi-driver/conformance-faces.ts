import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { noLogger } from '../../src/base/log/logger.ts';
import { noMetrics } from '../../src/base/metrics.ts';
import { Driver } from '../../src/csi/driver.ts';
import { CsiError } from '../../src/csi/errors.ts';
import { AccessMode, type PublishRequest, type UnpublishRequest } from '../../src/csi/messages.ts';
import type { CsiTransport } from '../../src/csi/transport.ts';
import { csiTransport } from '../../src/platform/csi-transport.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { DriverCore, type DriverCoreOptions } from './core.ts';
import { GrpcFace } from './grpc.ts';
import type { JournalEntry } from './journal.ts';
import { MemoryTransport } from './memory.ts';

/** A driver, a way to it, and an attacher's view of it. */
export interface Stage {
  clock: FakeClock;
  core: DriverCore;
  transport: CsiTransport;
  driver: Driver;
  /** Resolves at the next moment of that kind in the driver's journal. */
  moment(phase: JournalEntry['phase'], method?: JournalEntry['method']): Promise<JournalEntry>;
  /** Resolves when what restart and cut set off is done. */
  settled(): Promise<void>;
}

type Face = (t: TestContext, core: DriverCore, clock: FakeClock) => Promise<Pick<Stage, 'transport' | 'settled'>>;

const faces: Record<string, Face> = {
  'in memory': async (t, core, clock) => {
    const transport = new MemoryTransport({ core, clock });
    t.after(() => transport.close());
    return { transport, settled: async () => {} };
  },
  'on a socket': async (t, core, clock) => {
    const folder = mkdtempSync(join(tmpdir(), 'csi-driver-'));
    const socketPath = join(folder, 'csi.sock');
    const face = await GrpcFace.listen(core, socketPath);
    const transport = csiTransport({ socketPath, clock });
    t.after(async () => {
      transport.close();
      await face.close();
      rmSync(folder, { recursive: true });
    });
    return { transport, settled: () => face.settled() };
  },
};

/** The same test on each face: what holds in the simulator must hold on the wire. */
export function onEachFace(
  name: string,
  settings: DriverCoreOptions['settings'],
  body: (stage: Stage) => Promise<void>,
): void {
  for (const [faceName, open] of Object.entries(faces)) {
    test(`${faceName}: ${name}`, async (t) => {
      const clock = new FakeClock();
      const core = new DriverCore({
        clock,
        random: seededRandom(1),
        journalLimit: 1000,
        ...(settings && { settings }),
      });
      t.after(() => core.close());
      const { transport, settled } = await open(t, core, clock);
      const driver = new Driver({ transport, clock, logger: noLogger, metrics: noMetrics, timeoutMs: 10_000 });
      await body({ clock, core, transport, driver, settled, moment: (phase, method) => moment(core, phase, method) });
    });
  }
}

function moment(core: DriverCore, phase: string, method?: string): Promise<JournalEntry> {
  return new Promise((resolve) => {
    core.journal.subscribe((entry) => {
      if (entry.phase === phase && (method ?? entry.method) === entry.method) resolve(entry);
    });
  });
}

export function publishRequest(parts: Partial<PublishRequest> = {}): PublishRequest {
  return {
    volumeId: 'v1',
    nodeId: 'n1',
    capability: {
      access: { type: 'mount', fsType: 'ext4', mountFlags: [] },
      accessMode: AccessMode.SINGLE_NODE_WRITER,
    },
    readonly: false,
    secrets: {},
    volumeContext: {},
    ...parts,
  };
}

export function unpublishRequest(parts: Partial<UnpublishRequest> = {}): UnpublishRequest {
  return { volumeId: 'v1', nodeId: 'n1', secrets: {}, ...parts };
}

export function shared(parts: Partial<PublishRequest> = {}): PublishRequest {
  const access = { type: 'block' as const };
  return publishRequest({ capability: { access, accessMode: AccessMode.MULTI_NODE_MULTI_WRITER }, ...parts });
}

/** Fails unless the call is refused with that code. */
export async function refused(call: Promise<unknown>, code: number): Promise<CsiError> {
  const error = await call.then(
    () => assert.fail('the call succeeded'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof CsiError, String(error));
  assert.equal(error.code, code, String(error));
  return error;
}

/** What is published, as `volume node`. */
export function published(core: DriverCore): string[] {
  return [...core.ledger.entries()].map(({ volumeId, nodeId }) => `${volumeId} ${nodeId}`);
}
