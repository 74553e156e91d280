import { type MigrationPlugin, textField } from './plugin.ts';

/** The secret that publishing needs stands in two annotations, of which one alone names nothing. */
export const portworx: MigrationPlugin = {
  driver: 'pxd.portworx.com',
  required: ['volumeID'],

  // readOnly is left out because the translation that other components use leaves it out, too.
  source(fields, { annotations }) {
    const name = annotations['openstorage.io/auth-secret-name'];
    const namespace = annotations['openstorage.io/auth-secret-namespace'];
    return {
      volumeHandle: textField(fields, 'volumeID'),
      fsType: textField(fields, 'fsType'),
      ...(name !== undefined && namespace !== undefined && { controllerPublishSecretRef: { name, namespace } }),
    };
  },
};
