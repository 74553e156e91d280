import { booleanField, type MigrationPlugin, TranslationError, textField } from './plugin.ts';

/** Managed disks only: the driver has no form for blobs in a storage account (kinds Shared and Dedicated). */
export const azureDisk: MigrationPlugin = {
  driver: 'disk.csi.azure.com',
  required: ['diskURI'],

  source(fields) {
    const { kind } = fields;
    if (kind !== undefined && String(kind).toLowerCase() !== 'managed') {
      return new TranslationError(`kind "${kind}" has no CSI form: want Managed`);
    }
    const fsType = textField(fields, 'fsType');
    return {
      volumeHandle: textField(fields, 'diskURI'),
      readOnly: booleanField(fields, 'readOnly'),
      fsType,
      volumeAttributes: {
        kind: 'Managed',
        ...(fields.cachingMode !== undefined && { cachingmode: textField(fields, 'cachingMode') }),
        ...(fields.fsType !== undefined && { fstype: fsType }),
      },
    };
  },
};
