import { booleanField, type MigrationPlugin, textField } from './plugin.ts';

/** The volume id is the handle. The in-tree secret named the cloud, which the driver knows itself. */
export const cinder: MigrationPlugin = {
  driver: 'cinder.csi.openstack.org',
  required: ['volumeID'],

  source: (fields) => ({
    volumeHandle: textField(fields, 'volumeID'),
    readOnly: booleanField(fields, 'readOnly'),
    fsType: textField(fields, 'fsType'),
  }),
};
