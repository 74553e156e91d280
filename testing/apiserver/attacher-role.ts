/** The permissions that an attacher needs, as objects. */
import { readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import type { ApiServer } from './core.ts';
import type { JsonObject } from './object.ts';
import { encode } from './storage/encodings.ts';

const rbac = 'rbac.authorization.k8s.io';

/** The rules of all roles in a file of deploy/. */
function rulesIn(path: string): JsonObject[] {
  const text = readFileSync(new URL(`../../deploy/${path}`, import.meta.url), 'utf8');
  const objects = parseAllDocuments(text).map((document) => document.toJS() as { rules?: JsonObject[] });
  return objects.flatMap(({ rules = [] }) => rules);
}

/** The very rules that a cluster is given. The simulator draws one of them by its place. */
function allRules(): readonly JsonObject[] {
  const [volumes = {}, ...others] = rulesIn('base/rbac.yaml');
  return [volumes, ...rulesIn('secrets/rbac.yaml'), ...others];
}

const attacherRules = allRules();

/** The service account that an attacher runs as. */
export const attacherUser = 'system:serviceaccount:kube-system:csi-attacher';

/** A ClusterRole with the attacher's permissions and a ClusterRoleBinding that gives it to `user`. */
export function attacherRole(user = attacherUser): { role: JsonObject; binding: JsonObject } {
  const apiVersion = `${rbac}/v1`;
  return {
    role: { apiVersion, kind: 'ClusterRole', metadata: { name: 'csi-attacher' }, rules: attacherRules },
    binding: {
      apiVersion,
      kind: 'ClusterRoleBinding',
      metadata: { name: 'csi-attacher' },
      subjects: [{ kind: 'User', apiGroup: rbac, name: user }],
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'csi-attacher' },
    },
  };
}

/** Gives `user` the attacher's permissions on that server. `admin` is a token that may do all. */
export function seedAttacherRole(server: ApiServer, admin: string, user = attacherUser): void {
  const { role, binding } = attacherRole(user);
  post(server, admin, `/apis/${rbac}/v1/clusterroles`, role);
  post(server, admin, `/apis/${rbac}/v1/clusterrolebindings`, binding);
}

function post(server: ApiServer, token: string, path: string, object: JsonObject): void {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const answer = server.handle({ method: 'POST', path, headers, body: encode('json', object) });
  if (answer.kind === 'done' && answer.status < 300) return;
  throw new Error(`POST ${path}: ${answer.kind === 'done' ? Buffer.from(answer.body).toString() : answer.kind}`);
}
