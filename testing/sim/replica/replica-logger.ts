import { createLogger } from '../../../src/base/log/create-logger.ts';
import { type Logger, noLogger } from '../../../src/base/log/logger.ts';
import type { SimProcess } from './sim-process.ts';

/** The logger that production uses, into the log of the simulation. */
export function replicaLogger(options: {
  process: SimProcess;
  verbosity: number;
  write: (line: string) => void;
}): Logger {
  const { process, verbosity, write } = options;
  if (verbosity < 0) return noLogger;
  const { clock } = process;
  return createLogger({ format: 'text', verbosity, clock, pid: 1, write: (line) => write(line.trimEnd()) });
}
