import type { Code } from '../../src/csi/errors.ts';

/** The driver says no, with a gRPC code. */
export class Refusal extends Error {
  readonly code: Code;

  constructor(code: Code, message: string) {
    super(message);
    this.name = 'Refusal';
    this.code = code;
  }
}
