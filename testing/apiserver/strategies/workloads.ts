import { type Cause, field } from '../errors.ts';
import { child, deepEqual, isObject, type JsonObject, type KubeObject } from '../object.ts';
import { type Strategy, strategy } from './strategy.ts';

/** A kind that makes pods by a template. There is no controller here: nobody makes them. */
function podOwner(defaults: JsonObject): Strategy {
  return strategy('apps', {
    defaults: (object) => {
      object.spec = { ...defaults, ...child(object, 'spec') };
    },
    validate: (object) => [...selectorErrors(object), ...containerErrors(object)],
    validateUpdate: (object, old) =>
      deepEqual(child(object, 'spec').selector, child(old, 'spec').selector)
        ? []
        : [field.invalid('spec.selector', child(object, 'spec').selector, 'field is immutable')],
  });
}

/** The selector must find the pods that the template makes. */
function selectorErrors(object: KubeObject): Cause[] {
  const spec = child(object, 'spec');
  const wanted = Object.entries(child(child(spec, 'selector'), 'matchLabels'));
  if (wanted.length === 0) return [field.required('spec.selector')];
  const labels = child(child(child(spec, 'template'), 'metadata'), 'labels');
  if (wanted.every(([key, value]) => labels[key] === value)) return [];
  return [field.invalid('spec.template.metadata.labels', labels, '`selector` does not match template `labels`')];
}

/** Containers have an image and a name of their own, and mount only volumes that there are. */
function containerErrors(object: KubeObject): Cause[] {
  const spec = child(child(child(object, 'spec'), 'template'), 'spec');
  const list = (value: unknown): JsonObject[] => (Array.isArray(value) ? value.filter(isObject) : []);
  const containers = list(spec.containers);
  if (containers.length === 0) return [field.required('spec.template.spec.containers')];
  const volumes = new Set(list(spec.volumes).map(({ name }) => name));
  return containers.flatMap((container, at) => {
    const path = `spec.template.spec.containers[${at}]`;
    const causes: Cause[] = [];
    if (containers.findIndex(({ name }) => name === container.name) !== at)
      causes.push(field.invalid(`${path}.name`, container.name, 'is the name of another container too'));
    if (!container.image) causes.push(field.required(`${path}.image`));
    for (const [mountAt, { name }] of list(container.volumeMounts).entries()) {
      if (!volumes.has(name)) causes.push(field.invalid(`${path}.volumeMounts[${mountAt}].name`, name, 'not found'));
    }
    return causes;
  });
}

export const deployments = podOwner({ replicas: 1, revisionHistoryLimit: 10, progressDeadlineSeconds: 600 });
export const statefulSets = podOwner({ replicas: 1, revisionHistoryLimit: 10, podManagementPolicy: 'OrderedReady' });
