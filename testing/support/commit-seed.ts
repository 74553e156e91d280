import { spawnSync } from 'node:child_process';

/** A seed from 0 to 2^32 - 1: the same for everybody who has this commit, another one with each. Undefined without git. */
export function commitSeed(): number | undefined {
  const { stdout } = spawnSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8', cwd: import.meta.dirname });
  return /^[0-9a-f]{40}/.test(stdout ?? '') ? Number.parseInt(stdout.slice(0, 8), 16) : undefined;
}
