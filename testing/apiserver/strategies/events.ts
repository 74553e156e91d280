import { type Cause, field } from '../errors.ts';
import { child, isObject, type JsonObject, type KubeObject, text } from '../object.ts';
import { isQualifiedName } from './names.ts';
import { type Strategy, strategy } from './strategy.ts';

/** Events are kept as core/v1 has them; events.k8s.io shows the same objects with other names. */
const names: readonly (readonly [core: string, events: string])[] = [
  ['reportingComponent', 'reportingController'],
  ['involvedObject', 'regarding'],
  ['message', 'note'],
  ['source', 'deprecatedSource'],
  ['firstTimestamp', 'deprecatedFirstTimestamp'],
  ['lastTimestamp', 'deprecatedLastTimestamp'],
  ['count', 'deprecatedCount'],
];
const toCore = new Map(names.map(([core, events]) => [events, core]));
const toEvents = new Map(names);

function renamed(object: JsonObject, mapping: ReadonlyMap<string, string>): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [mapping.get(key) ?? key, value]));
}

/** An Event of events.k8s.io/v1 as core/v1 has it; apiVersion is left to the caller. */
export function eventToCore(object: JsonObject): JsonObject {
  return renamed(object, toCore);
}

/** An Event of core/v1 as events.k8s.io/v1 has it; apiVersion is left to the caller. */
export function eventFromCore(object: JsonObject): JsonObject {
  return renamed(object, toEvents);
}

const referenceFields = ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'];

function selectable(regarding: string, controller: string): Strategy['selectable'] {
  const fields: Record<string, (object: JsonObject) => string> = {
    reason: (object) => text(object, 'reason'),
    type: (object) => text(object, 'type'),
    [controller]: (object) => text(object, controller),
  };
  for (const name of referenceFields) {
    fields[`${regarding}.${name}`] = (object) => text(child(object, regarding), name);
  }
  return fields;
}

export const coreEvents = strategy('core', {
  createOnUpdate: true,
  checksFinalizerOwners: false,
  validate: (object) => commonErrors(object, 'involvedObject', 'reportingComponent', 'message'),
  selectable: {
    ...selectable('involvedObject', 'reportingComponent'),
    source: (object) => text(child(object, 'source'), 'component') || text(object, 'reportingComponent'),
  },
});

export const newEvents = strategy('core', {
  createOnUpdate: true,
  checksFinalizerOwners: false,
  validate: (object) => {
    const causes = commonErrors(object, 'regarding', 'reportingController', 'note');
    if (text(object, 'eventTime') === '') causes.push(field.required('eventTime'));
    const type = text(object, 'type');
    if (type !== 'Normal' && type !== 'Warning') {
      causes.push(field.invalid('type', type, `has invalid value: ${type}`));
    }
    if (isObject(object.series)) {
      const { count } = object.series;
      if (typeof count !== 'number' || count < 2) {
        causes.push(field.invalid('series.count', count ?? 0, 'should be at least 2'));
      }
      if (text(object.series, 'lastObservedTime') === '') causes.push(field.required('series.lastObservedTime'));
    }
    return causes;
  },
  selectable: selectable('regarding', 'reportingController'),
});

/** What both versions ask for; most of it only of events that carry an eventTime. */
function commonErrors(object: KubeObject, regarding: string, controller: string, message: string): Cause[] {
  const causes: Cause[] = [];
  const about = text(child(object, regarding), 'namespace');
  const namespace = object.metadata.namespace ?? '';
  const fits = about === '' ? namespace === 'default' || namespace === 'kube-system' : about === namespace;
  if (!fits) causes.push(field.invalid('involvedObject.namespace', about, 'does not match event.namespace'));
  if (text(object, 'eventTime') === '') return causes;
  const reporter = text(object, controller);
  if (reporter === '') causes.push(field.required(controller));
  else for (const rule of isQualifiedName(reporter)) causes.push(field.invalid(controller, reporter, rule));
  const instance = text(object, 'reportingInstance');
  if (instance === '') causes.push(field.required('reportingInstance'));
  else if (instance.length > 128)
    causes.push(field.invalid('reportingInstance', '', 'can have at most 128 characters'));
  if (text(object, 'action') === '') causes.push(field.required('action'));
  else if (text(object, 'action').length > 128) {
    causes.push(field.invalid('action', '', 'can have at most 128 characters'));
  }
  if (text(object, 'reason') === '') causes.push(field.required('reason'));
  else if (text(object, 'reason').length > 128) {
    causes.push(field.invalid('reason', '', 'can have at most 128 characters'));
  }
  // Go counts bytes, and calls them characters.
  if (Buffer.byteLength(text(object, message)) > 1024) {
    causes.push(field.invalid('message', '', 'can have at most 1024 characters'));
  }
  return causes;
}
