import type { Clock } from '../base/clock.ts';
import { GrpcChannel } from '../grpc/channel.ts';
import { dialSocket } from './dial.ts';

/** gRPC to the driver. `socketPath`: its Unix socket. */
export function csiTransport({ socketPath, clock }: { socketPath: string; clock: Clock }): GrpcChannel {
  const gunzip = (compressed: Uint8Array, maxOutputLength: number): Uint8Array =>
    // Loaded by the first driver that compresses: it takes more than a MiB of memory.
    process.getBuiltinModule('node:zlib').gunzipSync(compressed, { maxOutputLength });
  return new GrpcChannel({
    ...{ dial: dialSocket(socketPath), clock, gunzip, userAgent: 'csi-attacher' },
    ...{ name: 'the driver', address: socketPath },
  });
}
