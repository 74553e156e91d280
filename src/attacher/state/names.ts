/**
 * Names that the Go attacher and this one must agree on to the letter, since both may meet in one cluster. They come
 * from kubernetes-csi/external-attacher.
 */

/** On a VolumeAttachment: the node id that the volume was, or is about to be, published to. */
export const nodeIdAnnotation = 'csi.alpha.kubernetes.io/node-id';

/** On a VolumeAttachment: the handle of its volume, for a detach after the PersistentVolume has gone. Ours alone. */
export const volumeHandleAnnotation = 'csi-attacher/volume-handle';

/** Every character outside `[a-zA-Z0-9-]` becomes `-`, and a trailing `-` gets `X` behind it. */
function sanitizeDriverName(driver: string): string {
  const name = driver.replace(/[^a-zA-Z0-9-]/g, '-');
  return name.endsWith('-') ? `${name}X` : name;
}

/** The finalizer that stands for "this volume may be published". */
export function finalizerName(driver: string): string {
  return `external-attacher/${sanitizeDriverName(driver)}`;
}

/** What a role with the attacher's permissions may be called; ours alone. */
export function roleName(driver: string): string {
  return `csi-attacher-${sanitizeDriverName(driver)}`.toLowerCase();
}

export function leaseName(driver: string): string {
  return `external-attacher-leader-${sanitizeDriverName(driver)}`;
}
