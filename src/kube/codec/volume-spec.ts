import {
  type CsiSource,
  type InTreePlugin,
  type InTreeSource,
  inTreePlugins,
  type ObjectReference,
  type VolumeSpec,
} from '../api/objects.ts';
import { inTreeSourceFromJson, readInTreeSource } from './in-tree-sources.ts';
import { noRecord, noStrings, shareList, shareRecord } from './interning.ts';
import type { ProtoReader } from './proto-reader.ts';
import {
  asInterned,
  asObject,
  asString,
  internedStrings,
  readEntry,
  readSecretReference,
  secretReference,
  stringRecord,
} from './values.ts';

/** The server fills this in; an attachment's inline spec may still come without. */
const defaultVolumeMode = 'Filesystem';

/** core.v1.PersistentVolumeSpec, with the claimRef beside what an inline spec has too. */
export interface VolumeSpecAndClaim {
  spec: VolumeSpec;
  claimRef: ObjectReference | undefined;
}

interface Source {
  csi: CsiSource | undefined;
  inTree: InTreeSource | undefined;
}

export function readVolumeSpec(reader: ProtoReader): VolumeSpecAndClaim {
  const end = reader.enter();
  let source: Source = noSource;
  let accessModes: string[] | undefined;
  let mountOptions: string[] | undefined;
  let volumeMode = defaultVolumeMode;
  let claimRef: ObjectReference | undefined;
  while (reader.pos < end) {
    const tag = reader.tag();
    switch (tag >>> 3) {
      case 2:
        source = readSource(reader);
        break;
      case 3:
        accessModes ??= [];
        accessModes.push(reader.interned());
        break;
      case 4:
        claimRef = readObjectReference(reader);
        break;
      case 7:
        mountOptions ??= [];
        mountOptions.push(reader.interned());
        break;
      case 8:
        volumeMode = reader.interned() || defaultVolumeMode;
        break;
      default:
        reader.skip(tag);
    }
  }
  reader.leave(end);
  const spec = volumeSpec(source, accessModes, mountOptions, volumeMode);
  return { spec, claimRef };
}

const noSource: Source = { csi: undefined, inTree: undefined };

function volumeSpec(
  source: Source,
  accessModes: string[] | undefined,
  mountOptions: string[] | undefined,
  volumeMode: string,
): VolumeSpec {
  return {
    accessModes: accessModes === undefined ? noStrings : shareList(accessModes),
    volumeMode,
    mountOptions: mountOptions === undefined ? noStrings : shareList(mountOptions),
    csi: source.csi,
    inTree: source.inTree,
  };
}

/** core.v1.PersistentVolumeSource: one member for each kind of volume, of which at most one is there. */
function readSource(reader: ProtoReader): Source {
  const end = reader.enter();
  let source = noSource;
  while (reader.pos < end) {
    const tag = reader.tag();
    const number = tag >>> 3;
    const plugin = pluginByNumber[number];
    if (number === 22) source = { csi: readCsiSource(reader), inTree: undefined };
    else if (plugin !== undefined) source = { csi: undefined, inTree: readInTreeSource(reader, plugin) };
    else reader.skip(tag);
  }
  reader.leave(end);
  return source;
}

const pluginByNumber: Readonly<Record<number, InTreePlugin | undefined>> = {
  1: 'gcePersistentDisk',
  2: 'awsElasticBlockStore',
  8: 'cinder',
  13: 'azureFile',
  14: 'vsphereVolume',
  16: 'azureDisk',
  18: 'portworxVolume',
};

function readCsiSource(reader: ProtoReader): CsiSource {
  const end = reader.enter();
  let driver = '';
  let volumeHandle = '';
  let readOnly = false;
  let fsType = '';
  let attributes: Record<string, string> | undefined;
  let controllerPublishSecretRef: CsiSource['controllerPublishSecretRef'];
  while (reader.pos < end) {
    const tag = reader.tag();
    switch (tag >>> 3) {
      case 1:
        driver = reader.interned();
        break;
      case 2:
        volumeHandle = reader.string();
        break;
      case 3:
        readOnly = reader.bool();
        break;
      case 4:
        fsType = reader.interned();
        break;
      case 5:
        attributes = readEntry(reader, attributes, 'shared');
        break;
      case 6:
        controllerPublishSecretRef = readSecretReference(reader);
        break;
      default:
        reader.skip(tag);
    }
  }
  reader.leave(end);
  const volumeAttributes = attributes === undefined ? noRecord : shareRecord(attributes);
  return { driver, volumeHandle, readOnly, fsType, volumeAttributes, controllerPublishSecretRef };
}

function readObjectReference(reader: ProtoReader): ObjectReference {
  const end = reader.enter();
  const reference = { kind: '', apiVersion: '', name: '', namespace: '', uid: '' };
  while (reader.pos < end) {
    const tag = reader.tag();
    switch (tag >>> 3) {
      case 1:
        reference.kind = reader.interned();
        break;
      case 2:
        reference.namespace = reader.interned();
        break;
      case 3:
        reference.name = reader.string();
        break;
      case 4:
        reference.uid = reader.string();
        break;
      case 5:
        reference.apiVersion = reader.interned();
        break;
      default:
        reader.skip(tag);
    }
  }
  reader.leave(end);
  return objectReference(reference);
}

function objectReference(given: Record<'kind' | 'apiVersion' | 'name' | 'namespace' | 'uid', string>): ObjectReference {
  return {
    kind: given.kind,
    apiVersion: given.apiVersion || undefined,
    name: given.name,
    namespace: given.namespace || undefined,
    uid: given.uid || undefined,
  };
}

export function volumeSpecFromJson(value: unknown): VolumeSpecAndClaim {
  const given = asObject(value);
  const spec: VolumeSpec = {
    accessModes: internedStrings(given.accessModes),
    volumeMode: asInterned(given.volumeMode) || defaultVolumeMode,
    mountOptions: internedStrings(given.mountOptions),
    csi: isPresent(given.csi) ? csiSourceFromJson(given.csi) : undefined,
    inTree: inTreeFromJson(given),
  };
  return { spec, claimRef: isPresent(given.claimRef) ? objectReferenceFromJson(given.claimRef) : undefined };
}

function isPresent(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function inTreeFromJson(spec: Readonly<Record<string, unknown>>): InTreeSource | undefined {
  const plugin = inTreePlugins.find((name) => isPresent(spec[name]));
  return plugin === undefined ? undefined : inTreeSourceFromJson(spec[plugin], plugin);
}

function csiSourceFromJson(value: unknown): CsiSource {
  const source = asObject(value);
  return {
    driver: asInterned(source.driver),
    volumeHandle: asString(source.volumeHandle),
    readOnly: source.readOnly === true,
    fsType: asInterned(source.fsType),
    volumeAttributes: stringRecord(source.volumeAttributes, 'shared'),
    controllerPublishSecretRef: secretReference(source.controllerPublishSecretRef),
  };
}

function objectReferenceFromJson(value: unknown): ObjectReference {
  const reference = asObject(value);
  return objectReference({
    kind: asInterned(reference.kind),
    apiVersion: asInterned(reference.apiVersion),
    name: asString(reference.name),
    namespace: asInterned(reference.namespace),
    uid: asString(reference.uid),
  });
}
