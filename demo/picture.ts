import type { PhaseCounts } from './attachments.ts';

/** Everything that is to be seen at one moment. */
export interface Scene {
  elapsedMs: number;
  /** Name of the leading attacher; undefined while nobody leads. */
  leader: string | undefined;
  /** What the demo itself did last; empty for nothing yet. */
  note: string;
  /** The other attachers that run. */
  standbys: readonly string[];
  volumes: number;
  counts: PhaseCounts;
  detached: number;
  /** Errors that were shown in a status. */
  errors: number;
  rates: { attach: number; detach: number };
  nodes: ReadonlyMap<string, PhaseCounts>;
  /** The latest last, each with the name of its process in front. */
  log: readonly string[];
}

export interface Terminal {
  columns: number;
  rows: number;
  colour: boolean;
}

const styles = { attached: '32', attaching: '33', detaching: '36', faint: '2', bold: '1' } as const;
const bars = { attached: '█', attaching: '▒', detaching: '░' } as const;
type Style = keyof typeof styles;

/** A line made of pieces, so that its visible length is known whatever its colours are. */
type Line = readonly (readonly [text: string, style?: Style])[];

/** The live picture: as many lines as the terminal has room for, none longer than it is wide. */
export function drawPicture(scene: Scene, terminal: Terminal): string[] {
  const head: Line[] = [
    headline(scene),
    [[scene.note, 'attaching']],
    ...nodeLines(scene, terminal),
    [],
    totals(scene),
    [],
  ];
  const room = Math.max(0, terminal.rows - 1 - head.length);
  const log = room === 0 ? [] : scene.log.slice(-Math.min(room, 8)).map((line): Line => [[line, 'faint']]);
  const lines = [...head, ...log];
  return lines.slice(0, Math.max(1, terminal.rows - 1)).map((line) => paint(line, terminal));
}

/** The same moment in one plain line, for where there is no terminal. */
export function plainLine({ elapsedMs, leader, volumes, counts, detached, errors, rates }: Scene): string {
  return [
    `${seconds(elapsedMs).padStart(5)} s`,
    `leader ${leader ?? 'none'}`,
    `attaching ${counts.attaching}`,
    `attached ${counts.attached}`,
    `detaching ${counts.detaching}`,
    `gone ${detached}/${volumes}`,
    `errors shown ${errors}`,
    `${rates.attach.toFixed(0)} attaches/s`,
    `${rates.detach.toFixed(0)} detaches/s`,
  ].join('  ');
}

function headline({ elapsedMs, leader, standbys }: Scene): Line {
  return [
    ['csi-attacher demo', 'bold'],
    [`  ${seconds(elapsedMs)} s   leader `],
    [leader ?? 'none: the lease has to run out first', leader === undefined ? 'attaching' : 'bold'],
    [standbys.length > 0 ? `   standing by ${standbys.join(', ')}` : '   nobody standing by', 'faint'],
  ];
}

function nodeLines({ nodes }: Scene, { columns, rows }: Terminal): Line[] {
  const shown = [...nodes].slice(0, Math.max(1, rows - 6));
  const nameWidth = Math.max(...shown.map(([name]) => name.length));
  const most = Math.max(1, ...[...nodes.values()].map(sum));
  const scale = Math.min(1, Math.max(10, columns - nameWidth - 8) / most);
  return shown.map(([name, counts]) => [
    [name.padEnd(nameWidth), 'faint'],
    [`${String(sum(counts)).padStart(5)} `],
    ...phases.map((phase) => [bars[phase].repeat(Math.ceil(counts[phase] * scale)), phase] as const),
  ]);
}

const phases = ['attached', 'attaching', 'detaching'] as const;

function totals({ counts, detached, errors, volumes, rates }: Scene): Line {
  return [
    ...phases.flatMap((phase): Line => [[`${bars[phase]} `, phase], [`${phase} ${counts[phase]}   `]]),
    [`gone ${detached} of ${volumes}   errors shown ${errors}   `],
    [`${rates.attach.toFixed(0)} attaches/s   ${rates.detach.toFixed(0)} detaches/s`, 'faint'],
  ];
}

function sum({ attached, attaching, detaching }: PhaseCounts): number {
  return attached + attaching + detaching;
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(1);
}

function paint(line: Line, { columns, colour }: Terminal): string {
  let room = columns;
  let text = '';
  for (const [piece, style] of line) {
    const visible = [...piece].slice(0, room).join('');
    room -= [...visible].length;
    text += colour && style !== undefined && visible !== '' ? `\u001b[${styles[style]}m${visible}\u001b[0m` : visible;
  }
  return text;
}
