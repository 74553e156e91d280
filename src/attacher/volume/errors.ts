import { OperationError } from '../state/operation-error.ts';

export function volumeDeleting(name: string): OperationError {
  return new OperationError('VolumeDeleting', `PersistentVolume "${name}" is marked for deletion`);
}

export function volumeGone(name: string): OperationError {
  return new OperationError('VolumeNotFound', `persistentvolume "${name}" not found`);
}

/** `what` came as bytes that are no UTF-8: CSI's strings cannot carry them, and no other text may be passed instead. */
export function notText(what: string): OperationError {
  return new OperationError('NotText', `${what} is no text: it has bytes that are not UTF-8`);
}
