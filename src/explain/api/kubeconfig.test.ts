import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseKubeconfig } from './kubeconfig.ts';

const contents: Readonly<Record<string, string>> = {
  '/home/me/.kube/config': 'current-context: home\n',
  '/a/one':
    'current-context: a\nclusters: [{name: c, cluster: {server: "https://one", certificate-authority: ca.crt}}]\n',
  '/b/two': 'current-context: b\nclusters: [{name: c, cluster: {server: "https://two"}}, {name: d, cluster: {}}]\n',
  '/wrong': 'a: [token-hunter2\n',
};
const files = {
  readText: (path: string): Promise<string> =>
    contents[path] === undefined ? Promise.reject(new Error(`ENOENT ${path}`)) : Promise.resolve(contents[path]),
};
const none = { path: undefined, context: undefined };
const env = { HOME: '/home/me' };

test('a kubeconfig is chosen as kubectl does', async () => {
  assert.equal((await chooseKubeconfig(none, env, files)).path, '/home/me/.kube/config');
  assert.equal((await chooseKubeconfig(none, { ...env, KUBECONFIG: '/nowhere:/a/one' }, files)).path, '/a/one');
  assert.equal((await chooseKubeconfig({ ...none, path: '/b/two' }, { KUBECONFIG: '/a/one' }, files)).path, '/b/two');
  assert.equal((await chooseKubeconfig(none, {}, files)).path, undefined);
});

test('of several files the first to name a thing is right, and its files are beside it', async () => {
  const chosen = await chooseKubeconfig(none, { KUBECONFIG: '/a/one:/b/two' }, files);
  const merged = JSON.parse(await chosen.files.readText(chosen.path ?? ''));
  assert.equal(merged['current-context'], 'a');
  assert.deepEqual(merged.clusters, [
    { name: 'c', cluster: { server: 'https://one', 'certificate-authority': '/a/ca.crt' } },
    { name: 'd', cluster: {} },
  ]);
});

test('--context goes before the current one', async () => {
  const chosen = await chooseKubeconfig({ path: '/a/one', context: 'other' }, {}, files);
  assert.equal(JSON.parse(await chosen.files.readText('/a/one'))['current-context'], 'other');
});

test('a mistake is told by its file, without what is in it', async () => {
  await assert.rejects(chooseKubeconfig({ ...none, path: '/nowhere' }, env, files), /cannot read \/nowhere/);
  await assert.rejects(chooseKubeconfig({ ...none, context: 'x' }, {}, files), /--context x: there is no kubeconfig/);
  await assert.rejects(chooseKubeconfig({ ...none, path: '/wrong' }, env, files), (error: Error) => {
    return error.message.startsWith('kubeconfig /wrong: ') && !error.message.includes('hunter2');
  });
});
