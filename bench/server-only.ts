import { cpus } from 'node:os';
import { attachmentName, paths, volumeAttachment } from '../testing/support/cluster-objects.ts';
import type { Bench } from './measure.ts';
import { type OurApiServer, startApiServer } from './rig/api-server.ts';
import { connect } from './rig/connect.ts';
import { forEachAtOnce } from './rig/pool.ts';
import { cpuMs, memoryUse } from './rig/process-usage.ts';
import { percentile, perSecond, rounded } from './statistics.ts';
import { cell, formatTable } from './table.ts';
import { requestsAtOnce } from './workload.ts';

interface ServerFigures {
  request: string;
  round: number;
  count: number;
  durationMs: number;
  latenciesMs: number[];
  cpuMs: number;
  residentBytes: number;
}

/** What the embedded API server takes: each kind of write that an attacher causes, with watches open. */
export async function measureServer({ args, children, directory, say }: Bench): Promise<void> {
  const server = await startApiServer(children, directory);
  const watches = await openWatches(server, args.watchers);
  const figures: ServerFigures[] = [];
  for (let round = 1; round <= args.rounds; round++) {
    for (const request of requests(server, args.count)) {
      say(`round ${round} of ${args.rounds}: ${request.title}`);
      figures.push(await measure(server, round, request));
    }
  }
  const bytes = watches.stop();
  say(`\n${table(figures)}\n`);
  const { count, rounds, watchers } = args;
  const watchedMiB = rounded(bytes / 2 ** 20, 1);
  say(JSON.stringify({ count, rounds, watchers, watchedMiB, cpus: cpus().length, requests: figures.map(toJson) }));
}

/** Watches whose events are received and not looked at: the server is measured, not its readers. */
async function openWatches({ adminKubeconfig }: OurApiServer, count: number): Promise<{ stop(): number }> {
  const stopping = new AbortController();
  let bytes = 0;
  for (let index = 0; index < count; index++) {
    const api = await connect(adminKubeconfig);
    const headers = await api.headers();
    const opened = Promise.withResolvers<void>();
    api.transport
      .stream(
        { method: 'GET', path: `${paths.attachments}?watch=true`, headers, signal: stopping.signal },
        {
          onResponse: () => opened.resolve(),
          onData: (chunk) => {
            bytes += chunk.length;
          },
        },
      )
      .catch(opened.reject);
    await opened.promise;
  }
  return {
    stop: () => {
      stopping.abort();
      return bytes;
    },
  };
}

interface RequestKind {
  title: string;
  items: readonly string[];
  send(item: string): Promise<unknown>;
}

function requests({ api }: OurApiServer, count: number): RequestKind[] {
  const driver = 'bench.csi.example.com';
  const nodeName = 'node-1';
  const handles = Array.from({ length: count }, (_, index) => `vol-${index}`);
  const names = handles.map((handle) => attachmentName(handle, driver, nodeName));
  const path = (name: string): string => `${paths.attachments}/${name}`;
  const metadata = {
    metadata: {
      finalizers: ['external-attacher/bench-csi-example-com'],
      annotations: { 'csi.alpha.kubernetes.io/node-id': 'x' },
    },
  };
  const status = { status: { attached: true, attachmentMetadata: { devicePath: '/dev/disk/by-id/x' } } };
  return [
    {
      title: 'create',
      items: handles,
      send: (handle) => api.create(paths.attachments, volumeAttachment({ name: handle, driver, handle, nodeName })),
    },
    { title: 'patch metadata', items: names, send: (name) => api.mergePatch(path(name), metadata) },
    { title: 'patch status', items: names, send: (name) => api.mergePatch(`${path(name)}/status`, status) },
    { title: 'delete', items: names, send: (name) => api.delete(path(name)) },
    {
      title: 'patch finalizers',
      items: names,
      send: (name) => api.mergePatch(path(name), { metadata: { finalizers: null } }),
    },
  ];
}

async function measure(
  { child }: OurApiServer,
  round: number,
  { title, items, send }: RequestKind,
): Promise<ServerFigures> {
  const pid = child.pid;
  const latenciesMs: number[] = [];
  const cpuBefore = cpuMs(pid);
  const startMs = performance.now();
  await forEachAtOnce(items, requestsAtOnce, async (item) => {
    const sentMs = performance.now();
    await send(item);
    latenciesMs.push(performance.now() - sentMs);
  });
  const durationMs = performance.now() - startMs;
  const { residentBytes } = memoryUse(pid);
  return {
    request: title,
    round,
    count: items.length,
    durationMs,
    latenciesMs,
    cpuMs: cpuMs(pid) - cpuBefore,
    residentBytes,
  };
}

function table(figures: readonly ServerFigures[]): string {
  const titles = ['requests/s', 'p50 ms', 'p99 ms', 'CPU ms each', 'of a core', 'per CPU s', 'RSS MiB'];
  const columns = [
    { title: 'request', align: 'left' } as const,
    ...titles.map((title) => ({ title, align: 'right' }) as const),
  ];
  const rows = figures.map(({ request, round, count, durationMs, latenciesMs, cpuMs: cpu, residentBytes }) => [
    `${request} ${round}`,
    cell(perSecond(count, durationMs), 0),
    cell(percentile(latenciesMs, 50), 0),
    cell(percentile(latenciesMs, 99), 0),
    cell(cpu / count, 2),
    `${cell((100 * cpu) / durationMs, 0)} %`,
    cell(perSecond(count, cpu), 0),
    cell(residentBytes / 2 ** 20, 1),
  ]);
  return formatTable(columns, rows);
}

function toJson({ request, round, count, durationMs, latenciesMs, cpuMs: cpu, residentBytes }: ServerFigures): object {
  return {
    request,
    round,
    requestsPerSecond: rounded(perSecond(count, durationMs), 1),
    p50Ms: rounded(percentile(latenciesMs, 50), 1),
    p99Ms: rounded(percentile(latenciesMs, 99), 1),
    cpuMsEach: rounded(cpu / count, 3),
    requestsPerCpuSecond: rounded(perSecond(count, cpu), 0),
    residentMiB: rounded(residentBytes / 2 ** 20, 1),
  };
}
