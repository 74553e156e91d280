import { percentile, perSecond, rounded } from './statistics.ts';
import { type Column, cell, dash, formatTable } from './table.ts';

/** What was measured of one burst. Sums are over the whole burst. */
export interface BurstFigures {
  operation: 'attach' | 'detach';
  /** From 1; the first one is cold. */
  round: number;
  count: number;
  durationMs: number;
  latenciesMs: readonly number[];
  /** API writes by `VERB resource/subresource`; undefined where the server's counters cannot be read. */
  writes: ReadonlyMap<string, number> | undefined;
  /** Undefined where the driver is not ours. */
  driverCalls: number | undefined;
  cpuMs: number;
  residentBytes: number;
}

export interface AttacherFigures {
  attacher: string;
  idleBytes: number;
  bursts: readonly BurstFigures[];
  afterBytes: number;
  peakBytes: number;
}

const columns: readonly Column[] = [
  { title: 'attacher', align: 'left' },
  { title: 'phase', align: 'left' },
  { title: 'ops/s', align: 'right' },
  { title: 'p50 ms', align: 'right' },
  { title: 'p99 ms', align: 'right' },
  { title: 'writes/op', align: 'right' },
  { title: 'calls/op', align: 'right' },
  { title: 'CPU ms/op', align: 'right' },
  { title: 'RSS MiB', align: 'right' },
];

/** The table for people. */
export function reportTable(attachers: readonly AttacherFigures[]): string {
  return formatTable(columns, attachers.flatMap(rowsOf));
}

function rowsOf({ attacher, idleBytes, bursts, afterBytes, peakBytes }: AttacherFigures): string[][] {
  const memory = (phase: string, bytes: number): string[] => [
    attacher,
    phase,
    ...Array.from({ length: columns.length - 3 }, () => ''),
    cell(mebibytes(bytes), 1),
  ];
  return [
    memory('idle', idleBytes),
    ...bursts.map((burst) => burstRow(attacher, burst)),
    memory('after', afterBytes),
    memory('peak', peakBytes),
  ];
}

function burstRow(attacher: string, burst: BurstFigures): string[] {
  const { operation, round, count, durationMs, latenciesMs, writes, driverCalls, cpuMs, residentBytes } = burst;
  return [
    attacher,
    `${operation} ${round}${round === 1 ? ' (cold)' : ''}`,
    cell(perSecond(count, durationMs), 0),
    cell(percentile(latenciesMs, 50), 0),
    cell(percentile(latenciesMs, 99), 0),
    cell(perOperation(writes && total(writes), count), 2),
    cell(perOperation(driverCalls, count), 2),
    cell(cpuMs / count, 2),
    cell(mebibytes(residentBytes), 1),
  ];
}

/** Which writes an operation took, in the first round and in the last one. */
export function writesText(attachers: readonly AttacherFigures[]): string {
  const rows = attachers.flatMap(({ attacher, bursts }) =>
    bursts
      .filter(({ round }) => round === 1 || round === bursts.at(-1)?.round)
      .map(({ operation, round, count, writes }) => [attacher, `${operation} ${round}`, kinds(writes, count)]),
  );
  const left = (title: string): Column => ({ title, align: 'left' });
  return formatTable([left('attacher'), left('phase'), left('API writes for each operation')], rows);
}

function kinds(writes: BurstFigures['writes'], count: number): string {
  if (writes === undefined) return dash;
  const sorted = [...writes].toSorted(([a], [b]) => a.localeCompare(b));
  return sorted.map(([kind, sum]) => `${kind} ${cell(sum / count, 2)}`).join(', ') || 'none';
}

/** The same for programs. Absent: could not be measured. */
export function reportJson({ attacher, idleBytes, bursts, afterBytes, peakBytes }: AttacherFigures): object {
  return {
    attacher,
    idleMiB: rounded(mebibytes(idleBytes), 1),
    afterMiB: rounded(mebibytes(afterBytes), 1),
    peakMiB: rounded(mebibytes(peakBytes), 1),
    bursts: bursts.map(burstJson),
  };
}

function burstJson(burst: BurstFigures): object {
  const { operation, round, count, durationMs, latenciesMs, writes, driverCalls, cpuMs, residentBytes } = burst;
  return {
    operation,
    round,
    count,
    operationsPerSecond: rounded(perSecond(count, durationMs), 1),
    p50Ms: rounded(percentile(latenciesMs, 50), 1),
    p99Ms: rounded(percentile(latenciesMs, 99), 1),
    writesPerOperation: rounded(perOperation(writes && total(writes), count), 3),
    writes: writes && Object.fromEntries([...writes].map(([kind, sum]) => [kind, rounded(sum / count, 3)])),
    driverCallsPerOperation: rounded(perOperation(driverCalls, count), 3),
    cpuMsPerOperation: rounded(cpuMs / count, 3),
    residentMiB: rounded(mebibytes(residentBytes), 1),
  };
}

function total(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((sum, each) => sum + each, 0);
}

function perOperation(sum: number | undefined, count: number): number | undefined {
  return sum === undefined ? undefined : sum / count;
}

function mebibytes(bytes: number): number {
  return bytes / 2 ** 20;
}
