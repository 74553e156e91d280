/** Other programs, as everything under src/ sees them: a kubeconfig may name one that gives credentials. */
export interface Programs {
  /**
   * Runs it to its end, without standard input. `env` goes over the environment of this process. Rejects if it cannot be
   * started, with Node's code (ENOENT, EACCES, …), and when `signal` aborts, which kills it and what it has started.
   */
  run(request: ProgramRequest): Promise<ProgramResult>;
}

export interface ProgramRequest {
  /** A path, or a name that is looked for along PATH. */
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

export interface ProgramResult {
  /** The exit code, or the signal that ended it. */
  readonly code: number | string;
  readonly stdout: string;
  readonly stderr: string;
}
