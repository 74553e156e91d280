/** A memory limit as a kubelet sets it, by a cgroup of its own. */
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';

export interface MemoryLimit {
  /** What a process writes its number to, to be limited. */
  readonly procsFile: string;
  /** The most that was ever taken, in bytes: memory of processes, and the pages of files that they were the first to read. */
  peak(): number;
  /** How often the kernel ended a process for want of memory. */
  kills(): number;
  /** To be called when all that was limited has ended. */
  remove(): void;
}

/** The files of both versions of cgroups, in the order in which they are looked for. */
const versions = [
  {
    ...{ parent: '/sys/fs/cgroup/memory', mark: 'memory.limit_in_bytes', limit: 'memory.limit_in_bytes' },
    ...{ peak: 'memory.max_usage_in_bytes', events: 'memory.oom_control' },
  },
  {
    ...{ parent: '/sys/fs/cgroup', mark: 'cgroup.controllers', limit: 'memory.max' },
    ...{ peak: 'memory.peak', events: 'memory.events' },
  },
] as const;

/** The limit, or a sentence that says why this machine has none to give. */
export function memoryLimit(bytes: number): MemoryLimit | string {
  const version = versions.find(({ parent, mark }) => existsSync(join(parent, mark)));
  if (version === undefined) return 'this machine has no memory cgroup at /sys/fs/cgroup';
  const folder = join(version.parent, `csi-attacher-test-${process.pid}`);
  try {
    mkdirSync(folder);
    writeFileSync(join(folder, version.limit), `${bytes}`);
    // Without it, what is over the limit would go to the swap, and the limit would prove nothing.
    if (existsSync(join(folder, 'memory.swap.max'))) writeFileSync(join(folder, 'memory.swap.max'), '0');
  } catch (error) {
    return `a memory limit cannot be set in ${version.parent}: ${(error as Error).message}`;
  }
  const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
  return {
    procsFile: join(folder, 'cgroup.procs'),
    peak: () => Number(read(version.peak)),
    kills: () => Number(/^oom_kill (\d+)$/m.exec(read(version.events))?.[1] ?? Number.NaN),
    remove: () => rmdirSync(folder),
  };
}
