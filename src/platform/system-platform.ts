import { hostname } from 'node:os';
import { systemClock } from './clock.ts';
import { csiTransport } from './csi-transport.ts';
import { systemFiles } from './files.ts';
import { KubeTransport } from './kube-http/kube-transport.ts';
import type { Platform } from './platform.ts';
import { systemRandom } from './random.ts';

/** The machine that production runs on. */
export const systemPlatform: Platform = {
  clock: systemClock,
  random: systemRandom,
  files: systemFiles,
  hostname: hostname(),
  kubeTransport: (options) => new KubeTransport({ ...options, clock: systemClock }),
  csiTransport: (socketPath) => csiTransport({ socketPath, clock: systemClock }),
};
