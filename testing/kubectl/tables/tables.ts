/** Objects as Tables (`as=Table`): what `kubectl get` shows. */
import type { TableOptions } from '../../apiserver/extension.ts';
import { child, type JsonObject, text } from '../../apiserver/object.ts';
import { partialMetadataOf } from '../../apiserver/representation.ts';
import {
  bindingColumns,
  eventColumns,
  leaseColumns,
  namespaceColumns,
  nodeColumns,
  secretColumns,
} from './cluster-columns.ts';
import { type Column, column, nameColumn } from './column.ts';
import { podColumns } from './pod-columns.ts';
import {
  csiDriverColumns,
  csiNodeColumns,
  persistentVolumeClaimColumns,
  persistentVolumeColumns,
  storageClassColumns,
  volumeAttachmentColumns,
} from './storage-columns.ts';

const metaVersion = 'meta.k8s.io/v1';

const columnsByResource: Readonly<Record<string, readonly Column[]>> = {
  '/events': eventColumns,
  '/namespaces': namespaceColumns,
  '/nodes': nodeColumns,
  '/persistentvolumeclaims': persistentVolumeClaimColumns,
  '/persistentvolumes': persistentVolumeColumns,
  '/pods': podColumns,
  '/secrets': secretColumns,
  'coordination.k8s.io/leases': leaseColumns,
  'events.k8s.io/events': eventColumns,
  'rbac.authorization.k8s.io/clusterrolebindings': bindingColumns,
  'rbac.authorization.k8s.io/rolebindings': bindingColumns,
  'storage.k8s.io/csidrivers': csiDriverColumns,
  'storage.k8s.io/csinodes': csiNodeColumns,
  'storage.k8s.io/storageclasses': storageClassColumns,
  'storage.k8s.io/volumeattachments': volumeAttachmentColumns,
};

/** For resources that have no columns of their own. */
const defaultColumns: readonly Column[] = [
  nameColumn,
  column(
    'Created At',
    'When the object was created.',
    (object) => text(child(object, 'metadata'), 'creationTimestamp'),
    {
      type: 'date',
    },
  ),
];

/**
 * The Table of a list's items, or of one object.
 * `metadata` is that of the list, or the object's resourceVersion: what the Table's own metadata shows.
 */
export function tableOf(
  resource: { readonly group: string; readonly plural: string },
  objects: Iterable<JsonObject>,
  metadata: JsonObject,
  options: TableOptions,
): JsonObject {
  const columns = columnsByResource[`${resource.group}/${resource.plural}`] ?? defaultColumns;
  return {
    kind: 'Table',
    apiVersion: metaVersion,
    metadata,
    columnDefinitions: options.headers === false ? null : columns.map(definitionOf),
    rows: Array.from(objects, (object) => ({
      cells: columns.map((each) => each.cell(object, options.nowMs)),
      object: includedOf(object, options.includeObject),
    })),
  };
}

function definitionOf({ name, type, format, description, priority }: Column): JsonObject {
  return { name, type, format, description, priority };
}

function includedOf(object: JsonObject, include: TableOptions['includeObject']): JsonObject | null {
  if (include === 'None') return null;
  return include === 'Object' ? object : partialMetadataOf(object);
}
