/** What happened on the recorded server between the steps, and while a watch was being read. */
import type { Face } from './faces.ts';

export type Action = (face: Face, admin: Client) => void | Promise<void>;
/** Sends a request as an admin; throws unless it succeeds. */
export type Client = (method: string, path: string, body?: unknown, contentType?: string) => Promise<void>;

const attachments = '/apis/storage.k8s.io/v1/volumeattachments';
const merge = 'application/merge-patch+json';

function attachment(name: string): object {
  const source = { persistentVolumeName: 'pv1' };
  const spec = { attacher: 'rec.csi', nodeName: 'n1', source };
  return { apiVersion: 'storage.k8s.io/v1', kind: 'VolumeAttachment', metadata: { name }, spec };
}

/** The files in the order in which they were recorded: each starts from what those before it left. */
export const files = ['objects', 'lists-and-watches', 'leases-and-the-rest', 'access', 'expired'] as const;

/** The permissions that `attacher` had. */
export const attacherRules = [
  { verbs: ['get', 'list', 'watch', 'patch'], apiGroups: [''], resources: ['persistentvolumes'] },
  { verbs: ['get', 'list', 'watch'], apiGroups: ['storage.k8s.io'], resources: ['csinodes'] },
  { verbs: ['get', 'list', 'watch', 'patch'], apiGroups: ['storage.k8s.io'], resources: ['volumeattachments'] },
  { verbs: ['patch'], apiGroups: ['storage.k8s.io'], resources: ['volumeattachments/status'] },
  {
    verbs: ['get', 'watch', 'list', 'delete', 'update', 'create'],
    apiGroups: ['coordination.k8s.io'],
    resources: ['leases'],
  },
];

/** By file and step. */
export const before: Readonly<Record<string, Action>> = {
  'lists-and-watches: a list of seven': async (_face, admin) => {
    for (let index = 0; index < 7; index++) await admin('POST', attachments, attachment(`l${index}`));
  },
  'lists-and-watches: second page, taken at the first page’s version though l4 has gone': (_face, admin) =>
    admin('DELETE', `${attachments}/l4`),
  'expired: first page of two': async (face, admin) => {
    for (let index = 0; index < 5; index++) {
      const metadata = { annotations: { n: String(index) } };
      await admin('PATCH', `${attachments}/l1`, { metadata }, merge);
    }
    face.core?.restart();
  },
  'expired: second page after a compaction: expired, with a token to go on inconsistently': async (face, admin) => {
    await admin('POST', '/api/v1/namespaces', { metadata: { name: 'something-else' } });
    face.core?.store.compact();
  },
};

/** By file and step: what happened while the answer was being read. */
export const during: Readonly<Record<string, Action>> = {
  'lists-and-watches: watch from a version: added, modified, modified, modified (marked), deleted': async (
    _face,
    admin,
  ) => {
    await admin('POST', attachments, attachment('w1'));
    await admin('PATCH', `${attachments}/w1`, { metadata: { finalizers: ['f/x'] } }, merge);
    await admin('PATCH', `${attachments}/w1/status`, { status: { attached: true } }, merge);
    await admin('DELETE', `${attachments}/w1`);
    await admin('PATCH', `${attachments}/w1`, { metadata: { finalizers: null } }, merge);
  },
};
