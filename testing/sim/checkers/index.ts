import type { Property } from '../checker.ts';
import { actsUnderLease } from './acts-under-lease.ts';
import { attachedMeansPublished } from './attached-means-published.ts';
import { backoffKept } from './backoff-kept.ts';
import { bounded } from './bounded.ts';
import { callNotRepeated } from './call-not-repeated.ts';
import { converged } from './converged.ts';
import { deletingVolumeRefused } from './deleting-volume-refused.ts';
import { errorsNotRepeated } from './errors-not-repeated.ts';
import { finalizerBeforePublish } from './finalizer-before-publish.ts';
import { goneMeansUnpublished } from './gone-means-unpublished.ts';
import { leaseGivenBack } from './lease-given-back.ts';
import { noSecrets } from './no-secrets.ts';
import { noStorms } from './no-storms.ts';
import { oneAtATime } from './one-at-a-time.ts';
import { oneHolder } from './one-holder.ts';
import { onlyOurFields } from './only-our-fields.ts';
import { orphansUnpublished } from './orphans-unpublished.ts';
import { probedAfterLoss } from './probed-after-loss.ts';
import { rightRequest } from './right-request.ts';
import { servedPromptly } from './served-promptly.ts';
import { volumeKeptWhileNeeded } from './volume-kept-while-needed.ts';
import { wantedStaysPublished } from './wanted-stays-published.ts';
import { widthKept } from './width-kept.ts';
import { writeCounts } from './write-counts.ts';

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
