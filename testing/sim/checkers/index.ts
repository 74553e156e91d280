import type { Property } from '../checker.ts';
import { actsUnderLease } from './acts-under-lease.ts';
import { attachedMeansPublished } from './attached-means-published.ts';
import { bounded } from './bounded.ts';
import { converged } from './converged.ts';
import { finalizerBeforePublish } from './finalizer-before-publish.ts';
import { goneMeansUnpublished } from './gone-means-unpublished.ts';
import { noSecrets } from './no-secrets.ts';
import { oneAtATime } from './one-at-a-time.ts';
import { oneHolder } from './one-holder.ts';
import { onlyOurFields } from './only-our-fields.ts';
import { volumeKeptWhileNeeded } from './volume-kept-while-needed.ts';
import { wantedStaysPublished } from './wanted-stays-published.ts';

/** Everything that an attacher promises, promises about volumes first. */
export const properties: readonly Property[] = [
  goneMeansUnpublished,
  attachedMeansPublished,
  finalizerBeforePublish,
  wantedStaysPublished,
  onlyOurFields,
  volumeKeptWhileNeeded,
  oneHolder,
  actsUnderLease,
  oneAtATime,
  noSecrets,
  bounded,
  converged,
];
