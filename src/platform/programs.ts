import type { ChildProcess } from 'node:child_process';
import type { ProgramRequest, ProgramResult, Programs } from '../base/programs.ts';

/** More output than this is none that anybody meant: the program is ended. In characters, for each stream. */
const longestOutput = 1024 * 1024;

/** The machine's programs. */
export const systemPrograms: Programs = { run };

function run({ command, args, env, signal }: ProgramRequest): Promise<ProgramResult> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    // Loaded by the first program: nothing else needs it.
    const { spawn } = process.getBuiltinModule('node:child_process');
    const child = spawn(command, args, {
      ...{ env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] },
      // A process group of its own, so that what a script has started can be ended with it.
      detached: true,
    });
    const abort = (): void => {
      kill(child);
      reject(signal.reason);
    };
    const tooMuch = (): void => {
      kill(child);
      reject(new Error(`it writes more than ${longestOutput} characters`));
    };
    signal.addEventListener('abort', abort, { once: true });
    const output = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (chunk: string) => {
        output[name] += chunk;
        if (output[name].length > longestOutput) tooMuch();
      });
    }
    child.on('error', reject);
    child.on('close', (code, how) => {
      signal.removeEventListener('abort', abort);
      resolve({ code: code ?? how ?? 'unknown', ...output });
    });
  });
}

function kill({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
