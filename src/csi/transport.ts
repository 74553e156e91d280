import type { CallOptions } from '../grpc/unary-call.ts';

export type { CallOptions } from '../grpc/unary-call.ts';

/** The seam to the driver: a gRPC channel on a Unix socket in production, a function call in the simulator. */
export interface CsiTransport {
  /**
   * One unary call. `method` is the full name (`/csi.v1.Controller/ControllerPublishVolume`). Resolves with the
   * encoded answer, rejects with CsiError only: DEADLINE_EXCEEDED after `timeoutMs`, CANCELLED when `signal` aborts,
   * UNAVAILABLE when the connection was lost or refused.
   */
  unary(method: string, request: Uint8Array, options: CallOptions): Promise<Uint8Array>;
  /** Called each time an established connection is lost (not when an attempt to connect fails). */
  onDisconnect(listener: () => void): void;
  close(): void;
}
