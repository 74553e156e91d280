import { readdirSync, readFileSync } from 'node:fs';

/** What /proc shows in clock ticks; Linux shows 100 a second to programs, whatever the kernel counts in. */
const msPerTick = 10;

export interface ProcessStat {
  pid: number;
  parent: number;
  /** Processor time of the process, and of its children that have ended, in milliseconds. */
  cpuMs: number;
}

/** Reads /proc/PID/stat. The command stands in brackets and may itself contain brackets and blanks. */
export function parseStat(text: string): ProcessStat {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const ticks = fields.slice(11, 15).map(Number);
  return {
    pid: Number.parseInt(text, 10),
    parent: Number(fields[1]),
    cpuMs: ticks.reduce((sum, each) => sum + each, 0) * msPerTick,
  };
}

export interface MemoryUse {
  residentBytes: number;
  /** The most it has been since the process started. */
  peakBytes: number;
}

/** Reads /proc/PID/status; a process that has ended has no memory lines and counts as 0. */
export function parseMemory(text: string): MemoryUse {
  return { residentBytes: kibibytes(text, 'VmRSS'), peakBytes: kibibytes(text, 'VmHWM') };
}

function kibibytes(text: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1] ?? 0) * 1_024;
}

/** Processor time of a process and all below it, in milliseconds: a command may be a script that starts the real one. */
export function cpuMs(pid: number): number {
  return processTree(pid).reduce((sum, { cpuMs: each }) => sum + each, 0);
}

/** Memory of a process and all below it. */
export function memoryUse(pid: number): MemoryUse {
  return processTree(pid)
    .map((stat) => parseMemory(readProc(stat.pid, 'status') ?? ''))
    .reduce((sum, each) => ({
      residentBytes: sum.residentBytes + each.residentBytes,
      peakBytes: sum.peakBytes + each.peakBytes,
    }));
}

/** The process first. Throws if it has ended. */
function processTree(pid: number): ProcessStat[] {
  const own = readProc(pid, 'stat');
  if (own === undefined) throw new Error(`process ${pid} has ended`);
  const others = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => readProc(Number(name), 'stat'))
    .filter((text) => text !== undefined)
    .map(parseStat);
  const tree = [parseStat(own)];
  for (const member of tree) tree.push(...others.filter(({ parent }) => parent === member.pid));
  return tree;
}

function readProc(pid: number, file: 'stat' | 'status'): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return undefined; // It ended between the listing and this.
  }
}
