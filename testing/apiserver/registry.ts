/** The resources that are served, each with what the write path has to know about it. */
import type { Qualified } from './errors.ts';
import type { ServerFeatures } from './features.ts';
import type { JsonObject } from './object.ts';
import { type Message, messageNamed } from './schema/message.ts';
import { olderResources } from './schema/older-resources.ts';
import { apiVersionOf, type ServedResource, servedResources } from './schema/resources.ts';
import * as core from './strategies/core.ts';
import { coreEvents, eventFromCore, eventToCore, newEvents } from './strategies/events.ts';
import { bindings, roles } from './strategies/rbac.ts';
import * as storage from './strategies/storage.ts';
import { type Strategy, strategy } from './strategies/strategy.ts';
import * as workloads from './strategies/workloads.ts';

export interface Resource extends ServedResource {
  readonly apiVersion: string;
  readonly schema: Message;
  readonly strategy: Strategy;
  /** Two resources with the same one show the same objects. */
  readonly storedAs: string;
  /** In which version that is. */
  readonly storedApiVersion: string;
  /** From this resource's version to the stored one and back; absent where they are the same. */
  readonly conversion?: { toStored(object: JsonObject): JsonObject; fromStored(object: JsonObject): JsonObject };
  /** As error messages name it: by plural, or by kind. */
  readonly byPlural: Qualified;
  readonly byKind: Qualified;
  readonly hasStatus: boolean;
}

const strategies: Readonly<Record<string, Strategy>> = {
  '/events': coreEvents,
  '/namespaces': core.namespaces,
  '/nodes': core.nodes,
  '/persistentvolumeclaims': core.persistentVolumeClaims,
  '/persistentvolumes': core.persistentVolumes,
  '/pods': core.pods,
  '/secrets': core.secrets,
  '/serviceaccounts': strategy('core'),
  'apps/deployments': workloads.deployments,
  'apps/statefulsets': workloads.statefulSets,
  'coordination.k8s.io/leases': core.leases,
  'csi.storage.k8s.io/csinodeinfos': storage.csiNodes,
  'events.k8s.io/events': newEvents,
  'networking.k8s.io/networkpolicies': strategy('networking'),
  'policy/poddisruptionbudgets': strategy('policy'),
  'rbac.authorization.k8s.io/clusterrolebindings': bindings,
  'rbac.authorization.k8s.io/clusterroles': roles,
  'rbac.authorization.k8s.io/rolebindings': bindings,
  'rbac.authorization.k8s.io/roles': roles,
  'storage.k8s.io/csidrivers': storage.csiDrivers,
  'storage.k8s.io/csinodes': storage.csiNodes,
  'storage.k8s.io/storageclasses': storage.storageClasses,
  'storage.k8s.io/volumeattachments': storage.volumeAttachments,
};

type Conversion = NonNullable<Resource['conversion']>;
const eventConversion: Conversion = { toStored: eventToCore, fromStored: eventFromCore };
const sameFields: Conversion = { toStored: (object) => object, fromStored: (object) => object };

function resourceOf(served: ServedResource, kindStrategy: Strategy): Resource {
  const isNewEvent = served.group === 'events.k8s.io';
  const apiVersion = apiVersionOf(served);
  const storedApiVersion = served.storedAs.slice(0, served.storedAs.lastIndexOf('/')).replace(/^\//, '');
  const conversion = isNewEvent ? eventConversion : sameFields;
  return {
    ...served,
    apiVersion,
    storedApiVersion,
    schema: messageNamed(served.message),
    strategy: kindStrategy,
    ...(apiVersion === storedApiVersion ? {} : { conversion }),
    byPlural: { group: served.group, name: served.plural },
    // The internal type of an event belongs to the core group, whichever version was asked for.
    byKind: { group: isNewEvent ? '' : served.group, name: served.kind },
    hasStatus: served.subresources.some((one) => one.name === 'status'),
  };
}

/** Resources whose objects are stored, old versions last; reviews, which are only answered, are not among them. */
export const resources: readonly Resource[] = [...servedResources, ...olderResources].flatMap((served) => {
  const found = strategies[`${served.group}/${served.plural}`];
  return found === undefined ? [] : [resourceOf(served, found)];
});

/** The resources in whose version the objects are kept. */
export const storedResources: readonly Resource[] = resources.filter(
  (resource) => resource.apiVersion === resource.storedApiVersion,
);

function required(group: string, plural: string): Resource {
  const found = resources.find((resource) => resource.group === group && resource.plural === plural);
  if (found === undefined) throw new Error(`no resource ${plural} in group ${group}`);
  return found;
}

export const namespaces = required('', 'namespaces');

const internalPackages = new Map(
  resources.map((resource) => [`${resource.apiVersion} ${resource.kind}`, resource.strategy.internalPackage]),
);

/** Whether any resource has that kind. */
export function isKnownKind(apiVersion: string, kind: string): boolean {
  return internalPackages.has(`${apiVersion} ${kind}`);
}

/** The resources of one server. */
export type Registry = (which: { group: string; version: string; plural: string }) => Resource | undefined;

/** Resources that not every server has, by group, version and plural. */
const depends: Readonly<Record<string, keyof ServerFeatures>> = {
  'coordination.k8s.io/v1/leases': 'leaseV1',
  'coordination.k8s.io/v1beta1/leases': 'leaseV1Beta1',
  'csi.storage.k8s.io/v1alpha1/csinodeinfos': 'csiNodeInfo',
  'events.k8s.io/v1/events': 'eventsV1',
  'storage.k8s.io/v1/csinodes': 'csiNodeV1',
  'storage.k8s.io/v1beta1/csinodes': 'csiNodeV1Beta1',
};

/** What a server with those features serves. */
export function registryFor(features: ServerFeatures): Registry {
  const served = new Map<string, Resource>();
  for (const resource of resources) {
    const key = `${resource.group}/${resource.version}/${resource.plural}`;
    const feature = depends[key];
    if (feature !== undefined && !features[feature]) continue;
    served.set(key, asServed(resource, features));
  }
  return ({ group, version, plural }) => served.get(`${group}/${version}/${plural}`);
}

function asServed(resource: Resource, { errorCode, attachmentSources }: ServerFeatures): Resource {
  const schema = errorCode ? resource.schema : withoutField(resource.schema, 'errorCode');
  const isLoose = !attachmentSources && resource.strategy === storage.volumeAttachments;
  const strategy = isLoose ? storage.attachmentsOfAnySource : resource.strategy;
  return errorCode && !isLoose ? resource : { ...resource, schema, strategy };
}

/** The schema without any field of that name. */
function withoutField(message: Message, name: string): Message {
  const fields = message.fields
    .filter((field) => field.name !== name)
    .map((field) => {
      const isOwn = typeof field.type !== 'string' && field.type.name.startsWith('storage.');
      return isOwn ? { ...field, type: withoutField(field.type as Message, name) } : field;
    });
  return { name: message.name, fields };
}
