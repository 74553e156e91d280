import { type Cause, field } from '../errors.ts';
import { child, deepEqual, isObject, type JsonObject, type KubeObject, text } from '../object.ts';
import { isSubdomain } from './names.ts';
import { type Strategy, strategy } from './strategy.ts';

/** Most bytes that attachmentMetadata may hold, and the limit that the message about an error's text names. */
const maxMetadataBytes = 256 * 1024;
const maxErrorBytes = 1024;
const driverName = /^[a-zA-Z0-9]([-a-zA-Z0-9_.]*[a-zA-Z0-9])?$/;
const driverNameRule =
  "a valid driver name must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";

export const volumeAttachments = strategy('storage', {
  prepareCreate: (object) => {
    object.status = { attached: false };
  },
  validate: (object) => {
    const causes = attachmentSpecErrors(child(object, 'spec'));
    causes.push(...attachmentStatusErrors(child(object, 'status')));
    return causes;
  },
  validateUpdate: (object, old) => {
    if (deepEqual(object.spec, old.spec)) return [];
    return [
      { ...field.invalid('spec', '', ''), message: `Invalid value: ${internalSpec(object)}: field is immutable` },
    ];
  },
  unconditionalUpdate: false,
  returnsDeleted: true,
});

/** The same, whatever the source. */
export const attachmentsOfAnySource: Strategy = {
  ...volumeAttachments,
  validate: (object) => volumeAttachments.validate(object).filter((cause) => !cause.field.startsWith('spec.source')),
};

/** The spec as Go prints the internal type, whose fields have their Go names. */
function internalSpec(object: KubeObject): string {
  const spec = child(object, 'spec');
  const source = child(spec, 'source');
  return JSON.stringify({
    Attacher: text(spec, 'attacher'),
    Source: {
      PersistentVolumeName: source.persistentVolumeName ?? null,
      InlineVolumeSpec: source.inlineVolumeSpec ?? null,
    },
    NodeName: text(spec, 'nodeName'),
  });
}

function attachmentSpecErrors(spec: JsonObject): Cause[] {
  const causes = driverNameErrors(text(spec, 'attacher'), 'spec.attacher');
  const source = child(spec, 'source');
  const oneOf = 'must specify exactly one of inlineVolumeSpec and persistentVolumeName';
  const named = source.persistentVolumeName;
  if (named === undefined && source.inlineVolumeSpec === undefined) {
    causes.push(field.required('spec.source', oneOf));
  } else if (named !== undefined && source.inlineVolumeSpec !== undefined) {
    causes.push(field.forbidden('spec.source', oneOf));
  } else if (named === '') {
    causes.push(field.required('spec.source.persistentVolumeName', 'must specify non empty persistentVolumeName'));
  }
  const nodeName = text(spec, 'nodeName');
  for (const rule of isSubdomain(nodeName)) causes.push(field.invalid('spec.nodeName', nodeName, rule));
  return causes;
}

function driverNameErrors(name: string, path: string): Cause[] {
  if (name === '') return [field.required(path)];
  const causes: Cause[] = [];
  if (name.length > 63) causes.push(field.tooLong(path, 63));
  if (!driverName.test(name)) causes.push(field.invalid(path, name, driverNameRule));
  return causes;
}

function attachmentStatusErrors(status: JsonObject): Cause[] {
  const causes: Cause[] = [];
  let size = 0;
  for (const [key, value] of Object.entries(child(status, 'attachmentMetadata'))) {
    size += Buffer.byteLength(key) + Buffer.byteLength(String(value));
  }
  if (size > maxMetadataBytes) causes.push(field.tooLong('status.attachmentMetadata', maxMetadataBytes));
  for (const name of ['attachError', 'detachError']) {
    const tooLong = Buffer.byteLength(text(child(status, name), 'message')) > maxErrorBytes;
    // The server names the wrong limit here; so does this one.
    if (tooLong) causes.push(field.tooLong(`status.${name}.message`, maxMetadataBytes));
  }
  return causes;
}

export const csiNodes = strategy('storage', {
  unconditionalUpdate: false,
  returnsDeleted: true,
  validate: (object) => {
    const drivers = child(object, 'spec').drivers;
    return Array.isArray(drivers) ? drivers.flatMap(csiNodeDriverErrors) : [];
  },
});

function csiNodeDriverErrors(driver: unknown, index: number): Cause[] {
  if (!isObject(driver)) return [];
  const path = `spec.drivers[${index}]`;
  const causes = driverNameErrors(text(driver, 'name'), `${path}.name`);
  const nodeId = text(driver, 'nodeID');
  if (nodeId === '') causes.push(field.required(`${path}.nodeID`));
  if (Buffer.byteLength(nodeId) > 256) causes.push(field.tooLong(`${path}.nodeID`, 256));
  return causes;
}

export const csiDrivers = strategy('storage', {
  unconditionalUpdate: false,
  returnsDeleted: true,
  defaults: (object) => {
    const spec = child(object, 'spec');
    object.spec = {
      attachRequired: true,
      podInfoOnMount: false,
      volumeLifecycleModes: ['Persistent'],
      storageCapacity: false,
      fsGroupPolicy: 'ReadWriteOnceWithFSType',
      requiresRepublish: false,
      seLinuxMount: false,
      ...spec,
    };
  },
});

export const storageClasses = strategy('storage', {
  returnsDeleted: true,
  defaults: (object) => {
    object.reclaimPolicy ??= 'Delete';
    object.volumeBindingMode ??= 'Immediate';
  },
  validate: (object) => (text(object, 'provisioner') === '' ? [field.required('provisioner')] : []),
  validateUpdate: (object, old) =>
    ['provisioner', 'parameters', 'reclaimPolicy', 'volumeBindingMode']
      .filter((name) => !deepEqual(object[name], old[name]))
      .map((name) => field.forbidden(name, `updates to ${name} are forbidden.`)),
});
