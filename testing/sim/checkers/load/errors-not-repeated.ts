import { type AttachmentStatus, statusOf } from '../../cluster/cluster.ts';
import type { Property } from '../checker.ts';

/** An error that goes on is written again after a minute. Times in the API are whole seconds. */
const repeatAfterMs = 58_000;

/**
 * An error that is shown already is not written again at each try: every write of a status costs the whole cluster.
 * Checked where clocks agree.
 */
export const errorsNotRepeated: Property = {
  name: 'errors-not-repeated',
  make(scene) {
    if (scene.options.focus === 'everything') return {};
    return {
      stored({ plural, event, by }) {
        if (plural !== 'volumeattachments' || typeof by === 'string' || event.previous === undefined) return;
        const { object } = event.version;
        for (const field of ['attachError', 'detachError'] as const) {
          const again = repetition(statusOf(event.previous.object), statusOf(object), field);
          if (again !== undefined) scene.broken(`${by.name} writes ${field} of ${object.metadata.name} ${again}`);
        }
      },
    };
  },
};

function repetition(
  before: AttachmentStatus,
  after: AttachmentStatus,
  field: 'attachError' | 'detachError',
): string | undefined {
  const [old, present] = [before[field], after[field]];
  if (old === undefined || present === undefined) return undefined;
  if (old.message !== present.message || old.errorCode !== present.errorCode || old.time === present.time) {
    return undefined;
  }
  const afterMs = Date.parse(present.time) - Date.parse(old.time);
  return afterMs < repeatAfterMs ? `again after ${afterMs} ms: ${present.message}` : undefined;
}
