import type { InTreePlugin, PersistentVolume, VolumeSpec } from '../../../kube/api/objects.ts';
import { awsEbs } from './aws-ebs.ts';
import { azureDisk } from './azure-disk.ts';
import { azureFile } from './azure-file.ts';
import { cinder } from './cinder.ts';
import { gcePd } from './gce-pd.ts';
import { type MigratingVolume, type MigrationPlugin, TranslationError, textField } from './plugin.ts';
import { portworx } from './portworx.ts';
import { vsphere } from './vsphere.ts';

export { type MigratingVolume, TranslationError } from './plugin.ts';

const plugins: Readonly<Record<InTreePlugin, MigrationPlugin>> = {
  awsElasticBlockStore: awsEbs,
  gcePersistentDisk: gcePd,
  azureDisk,
  azureFile,
  cinder,
  vsphereVolume: vsphere,
  portworxVolume: portworx,
};

const byDriver = new Map(Object.values(plugins).map((plugin) => [plugin.driver, plugin]));

/** The CSI driver that serves the volumes of an in-tree plugin, named as in a PersistentVolume's spec. */
export function migratedDriver(plugin: InTreePlugin): string {
  return plugins[plugin].driver;
}

/** Whether a CSI driver took over from an in-tree plugin; only for those is there a `migrated` metric label. */
export function isMigratedDriver(driver: string): boolean {
  return byDriver.has(driver);
}

/**
 * A volume's spec with a CSI source: the spec itself if it has one, else its in-tree source translated as
 * csi-translation-lib does it, so that the handle is the one by which controller-manager named the attachment.
 *
 * An attachment's inline spec goes in with its attachment's name and neither labels nor annotations. The API server
 * demands a CSI source there, because controller-manager has already translated it.
 */
export function translate(volume: MigratingVolume): VolumeSpec | TranslationError {
  const { inTree, ...spec } = volume.spec;
  if (spec.csi !== undefined) return volume.spec;
  if (inTree === undefined) {
    return new TranslationError(
      `volume "${volume.name}" has a source that no CSI driver can serve: want csi or one of ${Object.keys(plugins).join(', ')}`,
    );
  }
  const plugin = plugins[inTree.plugin];
  const missing = plugin.required.find((field) => textField(inTree.fields, field) === '');
  const source =
    missing === undefined
      ? plugin.source(inTree.fields, volume)
      : new TranslationError(`${missing} is empty or absent, and it is required`);
  if (source instanceof TranslationError) {
    const what = `${inTree.plugin} of volume "${volume.name}"`;
    return new TranslationError(`cannot translate ${what} to ${plugin.driver}: ${source.message}`);
  }
  return {
    ...spec,
    accessModes: plugin.accessModes?.(spec.accessModes) ?? spec.accessModes,
    csi: { driver: plugin.driver, readOnly: false, fsType: '', volumeAttributes: {}, ...source },
  };
}

/**
 * The handle under which the driver lists a volume that is published to a node. For translated and inline volumes: a
 * native volume is listed as it is called.
 */
export function repairVolumeHandle(driver: string, volumeHandle: string, nodeId: string): string | TranslationError {
  return byDriver.get(driver)?.repairHandle?.(volumeHandle, nodeId) ?? volumeHandle;
}

/**
 * Whether our finalizer must leave a PersistentVolume that nobody deletes and no attachment names: an in-tree volume
 * that is not (or no longer) migrated to this driver belongs to the controller-manager.
 */
export function shouldReleaseFinalizer(
  volume: Pick<PersistentVolume, 'spec' | 'annotations'>,
  driver: string,
): boolean {
  return volume.spec.inTree !== undefined && volume.annotations['pv.kubernetes.io/migrated-to'] !== driver;
}
