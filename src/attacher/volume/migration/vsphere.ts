import { type MigrationPlugin, textField } from './plugin.ts';

/** The path in the datastore is the handle; the driver looks up or registers the disk behind it. */
export const vsphere: MigrationPlugin = {
  driver: 'csi.vsphere.vmware.com',
  required: ['volumePath'],

  source(fields) {
    const policy = textField(fields, 'storagePolicyName');
    return {
      volumeHandle: textField(fields, 'volumePath'),
      fsType: textField(fields, 'fsType'),
      volumeAttributes: { ...(policy !== '' && { storagepolicyname: policy }) },
    };
  },
};
