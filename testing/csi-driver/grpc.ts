import { lstat, rm } from 'node:fs/promises';
import { createConnection } from 'node:net';
import grpc from '@grpc/grpc-js';
import { CsiError } from '../../src/csi/errors.ts';
import type { DriverCore, DriverEvents } from './core.ts';
import { methods } from './methods.ts';

/** The driver's face on the wire: gRPC, by somebody else's implementation of it, on a Unix socket. */
export class GrpcFace implements DriverEvents {
  readonly #core: DriverCore;
  readonly #socketPath: string;
  readonly #unsubscribe: () => void;
  #server: grpc.Server | undefined;
  /** Starting and stopping take turns: the socket has one owner at a time. */
  #turn: Promise<void> = Promise.resolve();

  private constructor(core: DriverCore, socketPath: string) {
    this.#core = core;
    this.#socketPath = socketPath;
    this.#unsubscribe = core.subscribe(this);
  }

  /**
   * Resolves when the socket takes connections. A socket that a dead process left there is taken over; one that
   * somebody listens on is not.
   */
  static async listen(core: DriverCore, socketPath: string): Promise<GrpcFace> {
    if (await somebodyListens(socketPath)) throw new Error(`the socket ${socketPath} is in use by another process`);
    const face = new GrpcFace(core, socketPath);
    await face.#start();
    return face;
  }

  /** Resolves when the socket is gone. */
  async close(): Promise<void> {
    this.#unsubscribe();
    this.#stop();
    await this.#turn;
    await removeSocket(this.#socketPath);
  }

  /** grpc-js has no way to break connections and stay: the server is replaced. */
  cut(): void {
    this.#stop();
    this.#startLater();
  }

  down(): void {
    this.#stop();
  }

  up(): void {
    this.#startLater();
  }

  /** Resolves when the last start or stop that was asked for is done. */
  settled(): Promise<void> {
    return this.#turn;
  }

  #startLater(): void {
    this.#turn = this.#turn.then(() => this.#start());
  }

  #stop(): void {
    this.#server?.forceShutdown();
    this.#server = undefined;
    this.#turn = this.#turn.then(() => {
      // One that was started in the meantime, by a turn that was already waiting.
      this.#server?.forceShutdown();
      this.#server = undefined;
    });
  }

  async #start(): Promise<void> {
    await removeSocket(this.#socketPath);
    const server = new grpc.Server({
      'grpc.max_send_message_length': -1,
      'grpc.max_receive_message_length': -1,
    });
    server.addService(definition, handlers(this.#core));
    await new Promise<void>((resolve, reject) => {
      server.bindAsync(`unix:${this.#socketPath}`, grpc.ServerCredentials.createInsecure(), (error) =>
        error ? reject(error) : resolve(),
      );
    });
    this.#server = server;
  }
}

function somebodyListens(path: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = createConnection({ path });
  socket.on('error', () => resolve(false));
  socket.on('connect', () => {
    socket.destroy();
    resolve(true);
  });
  return promise;
}

async function removeSocket(path: string): Promise<void> {
  const stat = await lstat(path).catch(() => undefined);
  // Anything but a socket is somebody's file: listening will fail, and say so.
  if (stat?.isSocket()) await rm(path, { force: true });
}

const raw = (bytes: Buffer): Buffer => bytes;
const definition: grpc.ServiceDefinition = Object.fromEntries(
  [...methods.keys()].map((path) => [
    path,
    {
      path,
      requestStream: false,
      responseStream: false,
      requestSerialize: raw,
      requestDeserialize: raw,
      responseSerialize: raw,
      responseDeserialize: raw,
    },
  ]),
);

function handlers(core: DriverCore): grpc.UntypedServiceImplementation {
  return Object.fromEntries([...methods.keys()].map((path) => [path, handler(core, path)]));
}

function handler(core: DriverCore, path: string): grpc.handleUnaryCall<Buffer, Buffer> {
  return (call, callback) => {
    const gaveUp = new AbortController();
    call.on('cancelled', () => gaveUp.abort());
    core.unary(path, call.request, gaveUp.signal).then(
      (answer) => callback(null, Buffer.from(answer.buffer, answer.byteOffset, answer.byteLength)),
      (error: unknown) => {
        const { code, message } = CsiError.from(error);
        callback({ code, details: message });
      },
    );
  };
}
