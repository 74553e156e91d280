import type { Property } from './checker.ts';
import { actsUnderLease } from './leadership/acts-under-lease.ts';
import { leaseGivenBack } from './leadership/lease-given-back.ts';
import { oneHolder } from './leadership/one-holder.ts';
import { probedAfterLoss } from './leadership/probed-after-loss.ts';
import { backoffKept } from './load/backoff-kept.ts';
import { bounded } from './load/bounded.ts';
import { callNotRepeated } from './load/call-not-repeated.ts';
import { errorsNotRepeated } from './load/errors-not-repeated.ts';
import { noStorms } from './load/no-storms.ts';
import { nobodyBlamed } from './load/nobody-blamed.ts';
import { servedPromptly } from './load/served-promptly.ts';
import { widthKept } from './load/width-kept.ts';
import { writeCounts } from './load/write-counts.ts';
import { attachedMeansPublished } from './volumes/attached-means-published.ts';
import { converged } from './volumes/converged.ts';
import { deletingVolumeRefused } from './volumes/deleting-volume-refused.ts';
import { finalizerBeforePublish } from './volumes/finalizer-before-publish.ts';
import { goneMeansUnpublished } from './volumes/gone-means-unpublished.ts';
import { noSecrets } from './volumes/no-secrets.ts';
import { oneAtATime } from './volumes/one-at-a-time.ts';
import { onlyOurFields } from './volumes/only-our-fields.ts';
import { orphansUnpublished } from './volumes/orphans-unpublished.ts';
import { rightRequest } from './volumes/right-request.ts';
import { volumeKeptWhileNeeded } from './volumes/volume-kept-while-needed.ts';
import { wantedStaysPublished } from './volumes/wanted-stays-published.ts';

/** Everything that an attacher promises, promises about volumes first. */
export const properties: readonly Property[] = [
  goneMeansUnpublished,
  attachedMeansPublished,
  finalizerBeforePublish,
  wantedStaysPublished,
  orphansUnpublished,
  onlyOurFields,
  volumeKeptWhileNeeded,
  oneHolder,
  actsUnderLease,
  oneAtATime,
  widthKept,
  backoffKept,
  writeCounts,
  noSecrets,
  noStorms,
  nobodyBlamed,
  rightRequest,
  deletingVolumeRefused,
  callNotRepeated,
  errorsNotRepeated,
  servedPromptly,
  probedAfterLoss,
  leaseGivenBack,
  bounded,
  converged,
];
