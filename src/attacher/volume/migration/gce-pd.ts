import { booleanField, type MigrationPlugin, numberField, TranslationError, textField } from './plugin.ts';

/** Stands in a handle for a project, zone or region that only the driver or a node id can tell. */
const unspecified = 'UNSPECIFIED';

/** Handles are `projects/<project>/zones/<zone>/disks/<name>`, or with `regions/<region>` for replicated disks. */
export const gcePd: MigrationPlugin = {
  driver: 'pd.csi.storage.gke.io',
  required: ['pdName'],

  source(fields, { labels }) {
    const place = diskPlace(labels['failure-domain.beta.kubernetes.io/zone'] || labels['topology.kubernetes.io/zone']);
    if (place instanceof TranslationError) return place;
    const partition = numberField(fields, 'partition');
    return {
      volumeHandle: `projects/${unspecified}/${place}/disks/${textField(fields, 'pdName')}`,
      readOnly: booleanField(fields, 'readOnly'),
      fsType: textField(fields, 'fsType'),
      volumeAttributes: { partition: partition === 0 ? '' : String(partition) },
    };
  },

  accessModes(modes) {
    // In-tree nobody checked: ReadWriteMany, and writing together with ReadOnlyMany, meant one writer.
    if (modes.length === 0) return modes;
    const writes = modes.includes('ReadWriteOnce') || modes.includes('ReadWriteMany');
    return modes.includes('ReadOnlyMany') && !writes ? ['ReadOnlyMany'] : ['ReadWriteOnce'];
  },

  repairHandle(handle, nodeId) {
    const [, project, kind, place, , disk] = handle.split('/');
    if (place === undefined || disk === undefined) {
      return new TranslationError(`volume handle "${handle}" is not projects/<project>/zones/<zone>/disks/<name>`);
    }
    if (project !== unspecified) return handle;

    const [, nodeProject, , nodeZone, , instance] = nodeId.split('/');
    if (nodeZone === undefined || instance === undefined) {
      return new TranslationError(
        `cannot complete "${handle}": node id "${nodeId}" is not projects/<project>/zones/<zone>/instances/<name>`,
      );
    }
    if (kind !== 'zones' && kind !== 'regions') {
      return new TranslationError(`volume handle "${handle}" has "${kind}": want zones or regions`);
    }
    if (place !== unspecified) return `projects/${nodeProject}/${kind}/${place}/disks/${disk}`;
    const nodePlace = kind === 'zones' ? nodeZone : regionOf([nodeZone]);
    if (nodePlace instanceof TranslationError) return nodePlace;
    return `projects/${nodeProject}/${kind}/${nodePlace}/disks/${disk}`;
  },
};

/** The `zones/…` or `regions/…` of a disk, from the value of its zone label: `__` stands between several zones. */
function diskPlace(label: string | undefined): string | TranslationError {
  if (!label) return `zones/${unspecified}`;
  const zones = label.split('__');
  if (zones.length === 1) return `zones/${label}`;
  const region = regionOf(zones);
  return region instanceof TranslationError ? region : `regions/${region}`;
}

function regionOf(zones: readonly string[]): string | TranslationError {
  const regions = new Set<string>();
  for (const zone of zones) {
    const parts = zone.split('-');
    if (parts.length !== 3) return new TranslationError(`zone "${zone}" is not <locale>-<region>-<zone>`);
    regions.add(`${parts[0]}-${parts[1]}`);
  }
  const [region, another] = regions;
  if (region === undefined || another !== undefined) {
    return new TranslationError(`zones ${zones.join(', ')} are in ${regions.size} regions: want one`);
  }
  return region;
}
