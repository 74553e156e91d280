/** Tables of everything about volumes, with the columns that kubectl users know. */
import { child, type JsonObject, text } from '../../apiserver/object.ts';
import {
  ageColumn,
  type Column,
  column,
  items,
  nameColumn,
  nameOf,
  orElse,
  phaseOf,
  spec,
  status,
  wideColumn,
} from './column.ts';

export const volumeAttachmentColumns: readonly Column[] = [
  nameColumn,
  column('Attacher', 'Driver that is asked to attach.', (object) => text(spec(object), 'attacher'), { format: 'name' }),
  column('PV', 'PersistentVolume to attach.', (object) => text(child(spec(object), 'source'), 'persistentVolumeName')),
  column('Node', 'Node to attach to.', (object) => text(spec(object), 'nodeName')),
  column('Attached', 'Whether the volume is attached.', (object) => status(object).attached === true, {
    type: 'boolean',
  }),
  ageColumn,
];

export const persistentVolumeColumns: readonly Column[] = [
  nameColumn,
  column('Capacity', 'Size of the volume.', (object) => orElse(child(spec(object), 'capacity').storage, '0')),
  column('Access Modes', 'How the volume may be mounted.', (object) => shortModes(spec(object).accessModes)),
  column('Reclaim Policy', 'What happens to a released volume.', (object) =>
    text(spec(object), 'persistentVolumeReclaimPolicy'),
  ),
  column('Status', 'Phase of the volume.', phaseOf),
  column('Claim', 'Namespace and name of the claim.', claimOf),
  column('StorageClass', 'Class of the volume.', (object) => storageClassOf(object)),
  column('VolumeAttributesClass', 'Attributes class of the volume.', attributesClassOf),
  column('Reason', 'Why the volume is in its phase.', (object) => text(status(object), 'reason')),
  ageColumn,
  wideColumn('VolumeMode', 'Filesystem or Block.', volumeModeOf),
];

export const persistentVolumeClaimColumns: readonly Column[] = [
  nameColumn,
  column('Status', 'Phase of the claim.', phaseOf),
  column('Volume', 'Volume that the claim is bound to.', (object) => text(spec(object), 'volumeName')),
  column('Capacity', 'Size of the volume.', (object) =>
    isBound(object) ? orElse(child(status(object), 'capacity').storage, '0') : '',
  ),
  column('Access Modes', 'How the volume may be mounted.', (object) =>
    isBound(object) ? shortModes(status(object).accessModes) : '',
  ),
  column('StorageClass', 'Class of the claim.', (object) => storageClassOf(object)),
  column('VolumeAttributesClass', 'Attributes class of the claim.', attributesClassOf),
  ageColumn,
  wideColumn('VolumeMode', 'Filesystem or Block.', volumeModeOf),
];

export const csiNodeColumns: readonly Column[] = [
  nameColumn,
  column('Drivers', 'Number of CSI drivers on the node.', (object) => items(spec(object).drivers).length, {
    type: 'integer',
  }),
  ageColumn,
];

export const csiDriverColumns: readonly Column[] = [
  nameColumn,
  yesNo('AttachRequired', 'Whether volumes must be attached.', 'attachRequired', true),
  yesNo('PodInfoOnMount', 'Whether the driver is told about the pod.', 'podInfoOnMount', false),
  yesNo('StorageCapacity', 'Whether the scheduler asks for capacity.', 'storageCapacity', false),
  column('TokenRequests', 'Audiences of the tokens that the driver gets.', tokenAudiences),
  yesNo('RequiresRepublish', 'Whether volumes are published again and again.', 'requiresRepublish', false),
  column('Modes', 'Lifecycles of volumes.', (object) => modesOf(object)),
  ageColumn,
];

export const storageClassColumns: readonly Column[] = [
  column('Name', 'Name of the object.', classNameOf, { format: 'name' }),
  column('Provisioner', 'Who makes the volumes.', (object) => text(object, 'provisioner')),
  column('ReclaimPolicy', 'What happens to a released volume.', (object) => orElse(object.reclaimPolicy, 'Delete')),
  column('VolumeBindingMode', 'When claims are bound.', (object) => orElse(object.volumeBindingMode, 'Immediate')),
  column('AllowVolumeExpansion', 'Whether volumes can grow.', (object) => object.allowVolumeExpansion === true),
  ageColumn,
];

function yesNo(name: string, description: string, field: string, byDefault: boolean): Column {
  const cell = (object: JsonObject): boolean => {
    const value = spec(object)[field];
    return typeof value === 'boolean' ? value : byDefault;
  };
  return column(name, description, cell, { type: 'boolean' });
}

const modeNames: readonly (readonly [string, string])[] = [
  ['ReadWriteOnce', 'RWO'],
  ['ReadOnlyMany', 'ROX'],
  ['ReadWriteMany', 'RWX'],
  ['ReadWriteOncePod', 'RWOP'],
];

function shortModes(modes: unknown): string {
  const given: readonly unknown[] = Array.isArray(modes) ? modes : [];
  return modeNames
    .filter(([mode]) => given.includes(mode))
    .map(([, short]) => short)
    .join(',');
}

function claimOf(object: JsonObject): string {
  const claim = spec(object).claimRef;
  if (typeof claim !== 'object' || claim === null) return '';
  return `${text(claim as JsonObject, 'namespace')}/${text(claim as JsonObject, 'name')}`;
}

function storageClassOf(object: JsonObject): string {
  // The annotation is the old place, and it still wins.
  const annotations = child(child(object, 'metadata'), 'annotations');
  return orElse(annotations['volume.beta.kubernetes.io/storage-class'], text(spec(object), 'storageClassName'));
}

function attributesClassOf(object: JsonObject): string {
  return orElse(spec(object).volumeAttributesClassName, '<unset>');
}

function volumeModeOf(object: JsonObject): string {
  return orElse(spec(object).volumeMode, '<unset>');
}

function isBound(claim: JsonObject): boolean {
  return text(spec(claim), 'volumeName') !== '';
}

function tokenAudiences(object: JsonObject): string {
  const requests = spec(object).tokenRequests;
  if (!Array.isArray(requests)) return '<unset>';
  return items(requests)
    .map((request) => text(request, 'audience'))
    .join(',');
}

function modesOf(object: JsonObject): string {
  const modes = spec(object).volumeLifecycleModes;
  return orElse(Array.isArray(modes) ? modes.join(',') : '', '<none>');
}

function classNameOf(object: JsonObject): string {
  const annotations = child(child(object, 'metadata'), 'annotations');
  const isDefault = ['storageclass.kubernetes.io/is-default-class', 'storageclass.beta.kubernetes.io/is-default-class'];
  return nameOf(object) + (isDefault.some((name) => annotations[name] === 'true') ? ' (default)' : '');
}
