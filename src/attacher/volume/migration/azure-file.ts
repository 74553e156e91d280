import { booleanField, type MigrationPlugin, TranslationError, textField } from './plugin.ts';

const generatedSecretName = /azure-storage-account-(.+)-secret/;

/**
 * Handles are `<resource group>#<account>#<share>#<volume name>#<secret namespace>`. The secret itself is for nodes only:
 * publishing needs none.
 */
export const azureFile: MigrationPlugin = {
  driver: 'file.csi.azure.com',
  required: ['secretName', 'shareName'],

  source(fields, { name, annotations, claimRef }) {
    // An empty namespace in the source is a mistake, not a reason to look elsewhere.
    const namespace = fields.secretNamespace ?? claimRef?.namespace ?? '';
    if (namespace === '') {
      return new TranslationError('there is no namespace for the secret: want secretNamespace, or a claim');
    }
    const secret = textField(fields, 'secretName');
    const account = generatedSecretName.exec(secret)?.[1] ?? secret;
    const group = annotations['kubernetes.io/azure-file-resource-group'] ?? '';
    const share = textField(fields, 'shareName');
    return {
      volumeHandle: `${group}#${account}#${share}#${name}#${namespace}`,
      readOnly: booleanField(fields, 'readOnly'),
      volumeAttributes: { sharename: share },
    };
  },
};
