import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Attributes } from './authz.ts';
import { actingUser } from './impersonation.ts';

const admin = { name: 'admin', uid: '1', groups: ['system:masters', 'system:authenticated'] };
const everybody = (): { allowed: boolean; reason: string } => ({ allowed: true, reason: '' });
const nobody = (): { allowed: boolean; reason: string } => ({ allowed: false, reason: '' });

describe('impersonation', () => {
  it('leaves requests without its headers alone', () => {
    assert.equal(actingUser(admin, {}, nobody), admin);
  });

  it('makes the request count as the other user, without the first one’s groups', () => {
    assert.deepEqual(actingUser(admin, { 'impersonate-user': 'u' }, everybody), {
      name: 'u',
      uid: '',
      groups: ['system:authenticated'],
    });
    const headers = { 'impersonate-user': 'u', 'impersonate-group': 'a, b', 'impersonate-uid': '7' };
    assert.deepEqual(actingUser(admin, headers, everybody), {
      name: 'u',
      uid: '7',
      groups: ['a', 'b', 'system:authenticated'],
    });
  });

  it('puts a service account into its groups, and nobody into that of the unknown', () => {
    const account = actingUser(admin, { 'impersonate-user': 'system:serviceaccount:ns:a' }, everybody);
    assert.deepEqual(account.groups, ['system:serviceaccounts', 'system:serviceaccounts:ns', 'system:authenticated']);
    const nameless = actingUser(admin, { 'impersonate-user': 'system:anonymous' }, everybody);
    assert.deepEqual(nameless.groups, ['system:unauthenticated']);
  });

  it('asks for the right to act as each user, service account and group', () => {
    const asked: string[] = [];
    const remember = (attributes: Attributes): ReturnType<typeof everybody> => {
      const { verb, apiGroup, resource, namespace, name } = attributes;
      asked.push([verb, apiGroup, resource, namespace, name].join(' '));
      return everybody();
    };
    const headers = { 'impersonate-group': 'g', 'impersonate-uid': '7' };
    actingUser(admin, { ...headers, 'impersonate-user': 'u' }, remember);
    actingUser(admin, { 'impersonate-user': 'system:serviceaccount:ns:a' }, remember);
    assert.deepEqual(asked, [
      'impersonate  users  u',
      'impersonate  groups  g',
      'impersonate authentication.k8s.io uids  7',
      'impersonate  serviceaccounts ns a',
    ]);
  });

  it('is refused to those who may not', () => {
    assert.throws(
      () => actingUser({ ...admin, name: 'x' }, { 'impersonate-user': 'u' }, nobody),
      /users "u" is forbidden: User "x" cannot impersonate resource "users" in API group "" at the cluster scope/,
    );
  });

  it('needs a user, and not only a group', () => {
    assert.throws(() => actingUser(admin, { 'impersonate-group': 'g' }, everybody), /without impersonating a user/);
  });
});
