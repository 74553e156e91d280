import type { Metrics } from '../base/metrics.ts';

/** The process as the machine sees it; undefined for what this machine does not tell. */
export interface ProcessStats {
  /** User and system time since the start, in seconds. */
  cpuSeconds: number;
  /** Wall-clock time of the start, in seconds since the epoch. */
  startSeconds: number;
  residentBytes: number;
  virtualBytes: number | undefined;
  /** A limit that does not exist is the largest number of 64 bits. */
  maxVirtualBytes: number | undefined;
  openFiles: number | undefined;
  maxFiles: number | undefined;
  /** Received and sent by IP in this network namespace since it exists, which in a pod is that of the pod. */
  receivedBytes: number | undefined;
  sentBytes: number | undefined;
  heapUsedBytes: number;
  heapTotalBytes: number;
  externalBytes: number;
  /** Share of the time since the last look in which the event loop was busy, 0 to 1. */
  eventLoopUtilization: number;
}

/**
 * `process_*` under the names that every Prometheus client has, and the few of Node's that say why it is slow or big.
 * `read` is called once for each scrape.
 */
export function registerProcessMetrics(metrics: Metrics, read: () => ProcessStats): void {
  const gauge = (name: string, help: string) => metrics.gauge({ name, help });
  const cpu = total(metrics, 'process_cpu_seconds_total', 'User and system CPU time spent, in seconds.');
  const received = total(metrics, 'process_network_receive_bytes_total', 'Bytes received over the network.');
  const sent = total(metrics, 'process_network_transmit_bytes_total', 'Bytes sent over the network.');
  const start = gauge('process_start_time_seconds', 'Start of the process, in seconds since the epoch.');
  const resident = gauge('process_resident_memory_bytes', 'Resident memory.');
  const virtual = gauge('process_virtual_memory_bytes', 'Virtual memory.');
  const maxVirtual = gauge('process_virtual_memory_max_bytes', 'Virtual memory that may be had.');
  const open = gauge('process_open_fds', 'Open file descriptors.');
  const max = gauge('process_max_fds', 'File descriptors that may be open at once.');
  const heapUsed = gauge('nodejs_heap_size_used_bytes', 'JavaScript heap in use.');
  const heapTotal = gauge('nodejs_heap_size_total_bytes', 'JavaScript heap reserved.');
  const external = gauge('nodejs_external_memory_bytes', 'Memory of buffers outside the JavaScript heap.');
  const busy = gauge('nodejs_eventloop_utilization', 'Share of the time since the last scrape that the loop was busy.');

  metrics.onScrape(() => {
    const stats = read();
    cpu(stats.cpuSeconds);
    received(stats.receivedBytes);
    sent(stats.sentBytes);
    start.set(stats.startSeconds);
    resident.set(stats.residentBytes);
    if (stats.virtualBytes !== undefined) virtual.set(stats.virtualBytes);
    if (stats.maxVirtualBytes !== undefined) maxVirtual.set(stats.maxVirtualBytes);
    if (stats.openFiles !== undefined) open.set(stats.openFiles);
    if (stats.maxFiles !== undefined) max.set(stats.maxFiles);
    heapUsed.set(stats.heapUsedBytes);
    heapTotal.set(stats.heapTotalBytes);
    external.set(stats.externalBytes);
    busy.set(stats.eventLoopUtilization);
  });
}

/** A counter that is told its sum; what would make it smaller, or is not known, leaves it as it is. */
function total(metrics: Metrics, name: string, help: string): (sum: number | undefined) => void {
  const counter = metrics.counter({ name, help });
  let counted = 0;
  return (sum = 0) => {
    counter.inc(undefined, Math.max(0, sum - counted));
    counted = Math.max(counted, sum);
  };
}
