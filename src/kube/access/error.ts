/** The way to the API server cannot be found out; the message says in which file or variable, and what is wrong. */
export class AccessError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'AccessError';
  }
}
