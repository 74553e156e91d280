import type { Code } from '../../../src/csi/errors.ts';
import type { SimOptions } from '../options.ts';
import type { ActionKind } from '../script.ts';

/** In which runs a mistake can show: kinds of trouble that most runs are without. */

type Runs = (options: SimOptions) => boolean;

function has(options: SimOptions, ...kinds: ActionKind[]): boolean {
  return options.script.some(({ kind }) => kinds.includes(kind));
}

/** Only the driver fails: backoffs can be told from what others change. */
export const failingDriver: Runs = ({ focus, driver }) =>
  focus === 'driver' && ((driver.publish.error ?? 0) > 0.1 || (driver.unpublish.error ?? 0) > 0.1);

export const cutsDriver: Runs = ({ focus, driver }) => {
  const { publish, unpublish } = driver;
  return (
    focus === 'driver' && [publish.cut, publish.cutAfter, unpublish.cut, unpublish.cutAfter].some((rate) => !!rate)
  );
};

export const refusesUnpublish =
  (code: Code): Runs =>
  ({ driver }) => {
    const { error = 0, codes = [] } = driver.unpublish;
    return error >= 0.1 && codes.includes(code) && codes.length < 5;
  };

/** Volumes are deleted while a driver refuses to publish them. */
export const deletesVolumes: Runs = (options) =>
  options.focus !== 'everything' && has(options, 'delete volume') && (options.driver.publish.error ?? 0) >= 0.1;

export const renamesNodes: Runs = (options) =>
  has(options, 'recreate node') && (options.driver.unpublish.error ?? 0) >= 0.1;

export const pausesLeader: Runs = (options) => options.attachers > 1 && has(options, 'pause leader');

export const suspendsLeader: Runs = (options) => options.attachers > 1 && has(options, 'suspend leader');

/** Watches cannot go back far, and have to. */
export const shortHistory: Runs = (options) =>
  options.api.historyLimit < 10 && has(options, 'restart api', 'partition');

/** A finalizer is taken off attachments that are to stay. */
export const stripsAttachments: Runs = (options) =>
  options.script.some((action) => action.kind === 'strip attachment' && !action.alsoDelete);

/** A webhook changes what is written first: finalizers and annotations. */
export const meddles: Runs = (options) =>
  options.script.some((action) => action.kind === 'meddle' && action.field < 5 && action.how !== 'put back');

export const losesCapability: Runs = (options) => has(options, 'lose capability');
