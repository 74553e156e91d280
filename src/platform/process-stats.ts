import { readdirSync, readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import type { ProcessStats } from '../server/process-metrics.ts';

/**
 * Reads this process' figures, most of them from /proc, which is memory and does not block. A machine without /proc
 * leaves some out. Each call looks at the event loop since the call before.
 */
export function processStatsReader(): () => ProcessStats {
  const startSeconds = Date.now() / 1000 - process.uptime();
  const maxFiles = limit('Max open files');
  const maxVirtualBytes = limit('Max address space');
  let lastLoop = performance.eventLoopUtilization();
  return () => {
    const cpu = process.cpuUsage();
    const memory = process.memoryUsage();
    const loop = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(loop, lastLoop);
    lastLoop = loop;
    const virtualKib = /^VmSize:\s+(\d+) kB$/m.exec(read('/proc/self/status'))?.[1];
    const [receivedBytes, sentBytes] = networkBytes(read('/proc/self/net/netstat'));
    return {
      cpuSeconds: (cpu.user + cpu.system) / 1e6,
      startSeconds,
      residentBytes: memory.rss,
      virtualBytes: virtualKib === undefined ? undefined : Number(virtualKib) * 1024,
      maxVirtualBytes,
      openFiles: openFiles(),
      maxFiles,
      receivedBytes,
      sentBytes,
      heapUsedBytes: memory.heapUsed,
      heapTotalBytes: memory.heapTotal,
      externalBytes: memory.external,
      eventLoopUtilization: utilization,
    };
  };
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** The soft limit of that name. Without one it is the largest number, as every Prometheus client shows it. */
function limit(name: string): number | undefined {
  const found = new RegExp(`^${name} +(\\d+|unlimited)`, 'm').exec(read('/proc/self/limits'))?.[1];
  return found === undefined ? undefined : found === 'unlimited' ? 2 ** 64 : Number(found);
}

/** What IP has received and sent: the table has a line of names and one of values, in the same order. */
function networkBytes(netstat: string): [received: number | undefined, sent: number | undefined] {
  const [names, values] = [...netstat.matchAll(/^IpExt: (.*)$/gm)].map(([, line = '']) => line.split(' '));
  const value = (name: string): number | undefined => {
    const found = values?.[names?.indexOf(name) ?? -1];
    return found === undefined ? undefined : Number(found);
  };
  return [value('InOctets'), value('OutOctets')];
}

function openFiles(): number | undefined {
  try {
    // One of them is open only to read the directory.
    return readdirSync('/proc/self/fd').length - 1;
  } catch {
    return undefined;
  }
}
