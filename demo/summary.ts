/** What the demo found, as `--json` prints it. */
export interface Summary {
  ok: boolean;
  /** Why not, one sentence each. */
  problems: string[];
  volumes: number;
  nodes: number;
  attached: number;
  detached: number;
  /** PersistentVolumes that went when they were deleted at the end: nobody's finalizer holds them. */
  volumesReleased: number;
  publishCalls: number;
  unpublishCalls: number;
  /** Calls that the driver failed on purpose. */
  failedCalls: number;
  /** Errors that the attachers showed in a status, as the live picture counts them. */
  errorsShown: number;
  /** Calls that arrived while another one for the same volume and node was under way. */
  overlappingCalls: number;
  /** Publications left in the driver's ledger. */
  stillPublished: number;
  killed: string | undefined;
  /** Leader from then on. */
  successor: string | undefined;
  /** From SIGKILL until another attacher led, and until it had finished its first operation, in seconds. */
  takeoverSeconds: number | undefined;
  firstOperationSeconds: number | undefined;
  elapsedSeconds: number;
}

export type Findings = Omit<Summary, 'ok' | 'problems'>;

/** Whether all went as it must, and what did not. */
export function summarize(findings: Findings): Summary {
  const { volumes, attached, detached, volumesReleased, stillPublished, overlappingCalls, killed, successor } =
    findings;
  const problems: string[] = [];
  if (attached < volumes) problems.push(`${volumes - attached} of ${volumes} volumes were never attached.`);
  if (detached < volumes) problems.push(`${volumes - detached} of ${volumes} volumes were not detached.`);
  if (stillPublished > 0) problems.push(`The driver still has ${stillPublished} volumes published.`);
  if (volumesReleased < volumes) {
    problems.push(`${volumes - volumesReleased} PersistentVolumes did not go when they were deleted.`);
  }
  if (overlappingCalls > 0) problems.push(`${overlappingCalls} driver calls came while one was under way.`);
  if (killed === undefined) problems.push('No leader was killed.');
  else if (successor === undefined) problems.push('Nobody led after the leader was killed.');
  return { ok: problems.length === 0, problems, ...findings };
}

export function summaryText(summary: Summary): string {
  const rows: [string, string][] = [
    ['volumes', `${summary.volumes} on ${summary.nodes} nodes`],
    ['attached, detached', `${summary.attached}, ${summary.detached}`],
    ['driver calls', `${summary.publishCalls} publish, ${summary.unpublishCalls} unpublish`],
    ['errors', `${summary.failedCalls} by the driver on purpose, ${summary.errorsShown} shown in a status`],
    ['left in its ledger', String(summary.stillPublished)],
    ['leader killed', takeover(summary)],
    ['took', `${summary.elapsedSeconds.toFixed(1)} s`],
  ];
  const width = Math.max(...rows.map(([title]) => title.length));
  const lines = rows.map(([title, text]) => `  ${title.padEnd(width)}  ${text}`);
  const verdict = summary.ok ? 'Every volume was attached and detached.' : 'This went wrong:';
  return [...lines, '', verdict, ...summary.problems.map((problem) => `  ${problem}`)].join('\n');
}

function takeover({ killed, successor, takeoverSeconds, firstOperationSeconds }: Summary): string {
  if (killed === undefined) return 'none';
  const led = successor === undefined ? 'nobody led' : `${successor} led ${shown(takeoverSeconds)} later`;
  return `${killed} by SIGKILL; ${led}, its first operation was done after ${shown(firstOperationSeconds)}`;
}

function shown(seconds: number | undefined): string {
  return seconds === undefined ? '–' : `${seconds.toFixed(1)} s`;
}
