import { OperationError } from '../state/operation-error.ts';

export function volumeDeleting(name: string): OperationError {
  return new OperationError('VolumeDeleting', `PersistentVolume "${name}" is marked for deletion`);
}

export function volumeGone(name: string): OperationError {
  return new OperationError('VolumeNotFound', `persistentvolume "${name}" not found`);
}
