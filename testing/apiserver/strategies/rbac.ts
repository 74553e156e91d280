import { field } from '../errors.ts';
import { child, deepEqual, isObject, text } from '../object.ts';
import { isPathSegment } from './names.ts';
import { strategy } from './strategy.ts';

export const roles = strategy('rbac', { nameRule: isPathSegment, createOnUpdate: true });

export const bindings = strategy('rbac', {
  nameRule: isPathSegment,
  createOnUpdate: true,
  defaults: (object) => {
    const roleRef = child(object, 'roleRef');
    if (text(roleRef, 'apiGroup') === '') object.roleRef = { ...roleRef, apiGroup: 'rbac.authorization.k8s.io' };
    if (!Array.isArray(object.subjects)) return;
    object.subjects = object.subjects.map((subject: unknown) => {
      if (!isObject(subject) || subject.kind === 'ServiceAccount' || text(subject, 'apiGroup') !== '') return subject;
      const { kind, ...rest } = subject;
      return { kind, apiGroup: 'rbac.authorization.k8s.io', ...rest };
    });
  },
  validate: (object) => {
    const roleRef = child(object, 'roleRef');
    const kinds = ['Role', 'ClusterRole'];
    const causes = kinds.includes(text(roleRef, 'kind'))
      ? []
      : [field.notSupported('roleRef.kind', text(roleRef, 'kind'), kinds)];
    if (text(roleRef, 'name') === '') causes.push(field.required('roleRef.name'));
    return causes;
  },
  validateUpdate: (object, old) =>
    deepEqual(object.roleRef, old.roleRef) ? [] : [field.invalid('roleRef', object.roleRef, 'cannot change roleRef')],
});
