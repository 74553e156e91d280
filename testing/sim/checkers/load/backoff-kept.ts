import { specOf } from '../../cluster/cluster.ts';
import type { Property } from '../checker.ts';
import { attachmentsAt } from '../facts.ts';
import { millisecondsOf, numberOf } from '../flags.ts';

interface Row {
  failures: number;
  begunMs: number;
  endedMs: number;
  /** UID of the attachment that it was about. */
  uid: string;
}

/** What a change that others made needs to be heard of. */
const heardWithinMs = 2_000;
/** Requests for one volume that may stand before the one that a call waits for, where their rate is limited. */
const requestsEach = 2;

/**
 * After the nth failure in a row of a call, the next one waits for the nth backoff, unless somebody changed the
 * attachment, its volume or its node meanwhile. Checked in runs in which only the driver fails.
 */
export const backoffKept: Property = {
  name: 'backoff-kept',
  make(scene) {
    if (scene.options.focus !== 'driver') return {};
    const { volumes, flags } = scene.options;
    const startMs = millisecondsOf(flags, 'retry-interval-start');
    const maxMs = millisecondsOf(flags, 'retry-interval-max');
    const requestsPerSecond = numberOf(flags, 'kube-api-qps') ?? Number.POSITIVE_INFINITY;
    /** A change that came so long before a call may have come after what the call was decided on was read. */
    const decidedWithinMs = heardWithinMs + (requestsEach * volumes * 1_000) / requestsPerSecond;
    const rows = new Map<string, Row>();
    const givenUp = new Set<number>();
    /** By call: the connection on which it came, and when. A new one begins a new term, and all rows with it. */
    const begun = new Map<number, { connection: number; atMs: number }>();
    let connection = 0;
    /** When somebody last changed what the attachment depends on; by name of PersistentVolume or node. */
    const changedMs = new Map<string, number>();

    function isExcused(volumeId: string, nodeId: string, row: Row): boolean {
      const [attachment] = attachmentsAt(scene, volumeId, nodeId);
      if (attachment === undefined || attachment.metadata.uid !== row.uid) return true;
      const { nodeName, source } = specOf(attachment);
      const changes = [source.persistentVolumeName ?? '', nodeName].map((name) => changedMs.get(name) ?? 0);
      // What changes during a call has the next one follow at once.
      return Math.max(...changes) > row.begunMs - decidedWithinMs;
    }

    function beginAnew(): void {
      rows.clear();
      connection++;
    }

    return {
      driverLost: beginAnew,
      // What the term that lost it still did, until it had come to its end, is forgotten with it.
      callSent: (_, method) => method.endsWith('/Probe') && beginAnew(),
      ended: () => rows.clear(),
      stored({ plural, event, by }) {
        if (plural === 'leases') return rows.clear();
        if (typeof by !== 'string') return;
        const { object } = event.version;
        if (plural !== 'volumeattachments') changedMs.set(object.metadata.name, scene.nowMs);
        else changedMs.set(specOf(object).source.persistentVolumeName ?? '', scene.nowMs);
      },
      driver({ method, phase, call, volumeId, nodeId, by, code }) {
        if (nodeId === '') return;
        const key = `${by.name} ${method} ${volumeId} ${nodeId}`;
        const row = rows.get(key);
        if (phase === 'start') begun.set(call, { connection, atMs: scene.nowMs });
        if (phase === 'start' && row !== undefined && row.failures > 0) {
          // Up to the longest, chance lengthens a wait; the longest itself is shortened by chance instead.
          const due = row.endedMs + Math.min(maxMs * 0.75, startMs * 2 ** (row.failures - 1));
          if (scene.nowMs < due - 1 && !isExcused(volumeId, nodeId, row)) {
            const early = Math.round(due - scene.nowMs);
            scene.broken(`${by.name} calls again for ${volumeId} on ${nodeId}, ${early} ms too early`);
          }
        }
        // What the driver makes later of a call that was given up is nobody's failure.
        if (phase === 'given up') givenUp.add(call);
        else if (phase !== 'end' || givenUp.delete(call)) return;
        const begin = begun.get(call);
        if (begin?.connection !== connection) return;
        const [attachment] = attachmentsAt(scene, volumeId, nodeId);
        const uid = attachment?.metadata.uid ?? '';
        // What others change begins the counting anew.
        const goesOn = row?.uid === uid && !isExcused(volumeId, nodeId, row);
        const failures = code === 'OK' ? 0 : goesOn ? row.failures + 1 : 1;
        rows.set(key, { failures, begunMs: begin.atMs, endedMs: scene.nowMs, uid });
      },
    };
  },
};
