import type { Clock } from '../../src/base/clock.ts';
import type { Random } from '../../src/base/random.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { systemRandom } from '../../src/platform/random.ts';
import { DriverCore } from './core.ts';
import { GrpcFace } from './grpc.ts';
import type { DriverSettings } from './settings.ts';

export interface StartDriverOptions {
  socketPath: string;
  /** The name that GetPluginInfo gives. */
  name: string;
  settings?: Partial<Omit<DriverSettings, 'name'>>;
  clock?: Clock;
  random?: Random;
  /** How many moments the journal keeps; none unless told. */
  journalLimit?: number;
}

export interface StartedDriver {
  core: DriverCore;
  face: GrpcFace;
  /** Ends every call and connection, and removes the socket. */
  close(): Promise<void>;
}

/** A driver on a real socket, in this process. Resolves when it takes connections. */
export async function startDriver(options: StartDriverOptions): Promise<StartedDriver> {
  const { socketPath, name, settings, journalLimit } = options;
  const core = new DriverCore({
    clock: options.clock ?? systemClock,
    random: options.random ?? systemRandom,
    settings: { ...settings, name },
    ...(journalLimit === undefined ? {} : { journalLimit }),
  });
  const face = await GrpcFace.listen(core, socketPath);
  return {
    core,
    face,
    async close() {
      core.close();
      await face.close();
    },
  };
}
