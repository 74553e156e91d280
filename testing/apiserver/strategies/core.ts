import { type Cause, field } from '../errors.ts';
import { child, deepEqual, isObject, type JsonObject, type KubeObject, text } from '../object.ts';
import { isLabel } from './names.ts';
import { strategy } from './strategy.ts';

/** Fields of a PV's spec that are not its source. */
const volumeFields = new Set([
  'capacity',
  'accessModes',
  'claimRef',
  'persistentVolumeReclaimPolicy',
  'storageClassName',
  'mountOptions',
  'volumeMode',
  'nodeAffinity',
  'volumeAttributesClassName',
]);

const azureDiskDefaults = { cachingMode: 'ReadWrite', fsType: 'ext4', readOnly: false, kind: 'Shared' };

function sourceOf(volume: KubeObject): JsonObject {
  const entries = Object.entries(child(volume, 'spec')).filter(([name]) => !volumeFields.has(name));
  return Object.fromEntries(entries);
}

function addFinalizer(object: KubeObject, finalizer: string): void {
  const finalizers = object.metadata.finalizers ?? [];
  if (!finalizers.includes(finalizer)) object.metadata.finalizers = [...finalizers, finalizer];
}

export const persistentVolumes = strategy('core', {
  returnsDeleted: true,
  defaults: (object) => {
    const spec = child(object, 'spec');
    object.spec = {
      ...spec,
      persistentVolumeReclaimPolicy: 'Retain',
      volumeMode: 'Filesystem',
      ...present(spec),
      ...(isObject(spec.azureDisk) ? { azureDisk: { ...azureDiskDefaults, ...spec.azureDisk } } : {}),
    };
  },
  prepareCreate: (object, now) => {
    addFinalizer(object, 'kubernetes.io/pv-protection');
    object.status = { phase: 'Pending', lastPhaseTransitionTime: now };
  },
  validate: (object) => {
    const spec = child(object, 'spec');
    const causes: Cause[] = [];
    const modes = spec.accessModes;
    if (!Array.isArray(modes) || modes.length === 0) causes.push(field.required('spec.accessModes'));
    if (!isObject(spec.capacity)) causes.push(field.required('spec.capacity'));
    const sources = Object.keys(sourceOf(object));
    if (sources.length === 0) causes.push(field.required('spec', 'must specify a volume type'));
    for (const extra of sources.slice(1)) {
      causes.push(field.forbidden(`spec.${extra}`, 'may not specify more than 1 volume type'));
    }
    if (isObject(spec.csi)) {
      if (text(spec.csi, 'driver') === '') causes.push(field.required('spec.csi.driver'));
      if (text(spec.csi, 'volumeHandle') === '') causes.push(field.required('spec.csi.volumeHandle'));
    }
    return causes;
  },
  validateUpdate: (object, old) =>
    deepEqual(sourceOf(object), sourceOf(old))
      ? []
      : [field.forbidden('spec.persistentvolumesource', 'spec.persistentvolumesource is immutable after creation')],
});

/** Only the fields that have a value. */
function present(spec: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(spec).filter(([, value]) => value !== undefined && value !== ''));
}

export const persistentVolumeClaims = strategy('core', {
  returnsDeleted: true,
  defaults: (object) => {
    const spec = child(object, 'spec');
    object.spec = { ...spec, volumeMode: spec.volumeMode ?? 'Filesystem' };
  },
  prepareCreate: (object) => {
    addFinalizer(object, 'kubernetes.io/pvc-protection');
    object.status = { phase: 'Pending' };
  },
});

export const pods = strategy('core', {
  returnsDeleted: true,
  prepareCreate: (object) => {
    object.status = { phase: 'Pending', qosClass: 'BestEffort' };
  },
  defaults: (object) => {
    const spec = child(object, 'spec');
    object.spec = {
      restartPolicy: 'Always',
      terminationGracePeriodSeconds: 30,
      dnsPolicy: 'ClusterFirst',
      schedulerName: 'default-scheduler',
      enableServiceLinks: true,
      preemptionPolicy: 'PreemptLowerPriority',
      ...spec,
    };
  },
  selectable: {
    'spec.nodeName': (object) => text(child(object, 'spec'), 'nodeName'),
    'spec.restartPolicy': (object) => text(child(object, 'spec'), 'restartPolicy'),
    'spec.schedulerName': (object) => text(child(object, 'spec'), 'schedulerName'),
    'spec.serviceAccountName': (object) => text(child(object, 'spec'), 'serviceAccountName'),
    'spec.hostNetwork': (object) => String(child(object, 'spec').hostNetwork ?? false),
    'status.phase': (object) => text(child(object, 'status'), 'phase'),
    'status.podIP': (object) => text(child(object, 'status'), 'podIP'),
    'status.nominatedNodeName': (object) => text(child(object, 'status'), 'nominatedNodeName'),
  },
});

export const nodes = strategy('core', {
  // Kubelets register with what they know of themselves.
  dropsStatus: false,
  selectable: { 'spec.unschedulable': (object) => String(child(object, 'spec').unschedulable ?? false) },
});

export const secrets = strategy('core', {
  defaults: (object) => {
    if (text(object, 'type') === '') object.type = 'Opaque';
    // stringData is a way to write, never to read.
    const written = object.stringData;
    delete object.stringData;
    if (!isObject(written)) return;
    const encoded = Object.entries(written).map(([key, value]) => [key, Buffer.from(String(value)).toString('base64')]);
    object.data = { ...child(object, 'data'), ...Object.fromEntries(encoded) };
  },
  selectable: { type: (object) => text(object, 'type') },
  validateUpdate: (object, old) =>
    object.type === old.type ? [] : [field.invalid('type', object.type, 'field is immutable')],
});

export const namespaces = strategy('core', {
  nameRule: isLabel,
  returnsDeleted: true,
  defaults: (object) => {
    object.metadata.labels = { ...object.metadata.labels, 'kubernetes.io/metadata.name': object.metadata.name };
  },
  prepareCreate: (object) => {
    object.spec = { finalizers: ['kubernetes'] };
    object.status = { phase: 'Active' };
  },
  selectable: { 'status.phase': (object) => text(child(object, 'status'), 'phase') },
});

export const leases = strategy('coordination', {
  unconditionalUpdate: false,
  createOnUpdate: true,
  validate: (object) => {
    const duration = child(object, 'spec').leaseDurationSeconds;
    if (typeof duration !== 'number' || duration > 0) return [];
    return [field.invalid('spec.leaseDurationSeconds', duration, 'must be greater than 0')];
  },
});
