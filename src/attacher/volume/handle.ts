import { createHash } from 'node:crypto';

/**
 * The name that controller-manager gives to the attachment of a volume to a node. For a migrated in-tree volume the
 * handle is the translated one, before any repair.
 */
export function attachmentName(volumeHandle: string, driver: string, nodeName: string): string {
  return `csi-${createHash('sha256').update(`${volumeHandle}${driver}${nodeName}`).digest('hex')}`;
}

/**
 * Whether an attachment's name proves that it is about this handle. A name of another form proves nothing either way:
 * attachments need not be made by controller-manager.
 */
export function provesHandle(name: string, volumeHandle: string, driver: string, nodeName: string): boolean {
  return name === attachmentName(volumeHandle, driver, nodeName);
}

/** Whether a name has the form of those that controller-manager makes, and so proves one handle and no other. */
export function madeByControllerManager(name: string): boolean {
  return /^csi-[0-9a-f]{64}$/.test(name);
}
