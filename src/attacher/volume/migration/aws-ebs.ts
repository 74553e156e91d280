import { booleanField, type MigrationPlugin, numberField, TranslationError, textField } from './plugin.ts';

// The zone is part of the URL form only, and EBS does not need it; a query or fragment says nothing about the volume.
const urlForm = /^aws:\/\/[^/?#\s]*(\/[^?#]*)(?:[?#].*)?$/s;

/** In-tree EBS volumes are named `vol-…`, `aws:///vol-…` or `aws://<zone>/vol-…`. */
export const awsEbs: MigrationPlugin = {
  driver: 'ebs.csi.aws.com',
  required: ['volumeID'],

  source(fields) {
    const volumeHandle = ebsVolumeId(textField(fields, 'volumeID'));
    if (volumeHandle instanceof TranslationError) return volumeHandle;
    return {
      volumeHandle,
      readOnly: booleanField(fields, 'readOnly'),
      fsType: textField(fields, 'fsType'),
      volumeAttributes: { partition: String(numberField(fields, 'partition')) },
    };
  },
};

function ebsVolumeId(id: string): string | TranslationError {
  if (!id.startsWith('aws://')) return id;
  const path = decoded(urlForm.exec(id)?.[1] ?? '').replace(/^\/+|\/+$/g, '');
  if (/^vol-[^/]*$/.test(path)) return path;
  return new TranslationError(`volumeID "${id}" is not an EBS volume: want vol-…, aws:///vol-… or aws://<zone>/vol-…`);
}

/** The path of a URL as its characters, `%61` as `a`; empty if it is none. */
function decoded(path: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a URL may hold them encoded only
  if (/[\x00-\x1f\x7f]/.test(path)) return '';
  try {
    return decodeURIComponent(path);
  } catch {
    return '';
  }
}
