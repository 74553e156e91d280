import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Health } from './health.ts';

const quiet = { verbose: false, exclude: [] };
const verbose = { verbose: true, exclude: [] };

test('an attacher that has just started is live and ready, and answers ok', () => {
  const health = new Health();
  for (const endpoint of ['healthz', 'livez', 'readyz'] as const) {
    assert.deepEqual(health.report(endpoint, quiet), { ok: true, text: 'ok' });
  }
});

test('verbose output has a line for each check, as Kubernetes writes it', () => {
  assert.deepEqual(new Health().report('livez', verbose), {
    ok: true,
    text: '[+]ping ok\n[+]leader-election ok\nlivez check passed\n',
  });
});

test('a failing check fails the endpoint, and the answer says why without being asked', () => {
  const health = new Health();
  health.set('driver', 'ready', () => 'waiting for /csi/csi.sock');
  assert.deepEqual(health.report('readyz', quiet), {
    ok: false,
    text: '[+]ping ok\n[+]leader-election ok\n[-]driver failed: waiting for /csi/csi.sock\nreadyz check failed\n',
  });
});

test('a readiness check does not touch liveness: restarting would not help', () => {
  const health = new Health();
  health.set('caches', 'ready', () => 'not read yet');
  assert.equal(health.report('livez', quiet).ok, true);
  assert.equal(health.report('healthz', quiet).ok, true);
  assert.equal(health.report('readyz', quiet).ok, false);
});

test('leader election replaces its own check', () => {
  const health = new Health();
  let problem: string | undefined;
  health.set('leader-election', 'live', () => problem);
  assert.equal(health.reportOne('healthz', 'leader-election')?.text, 'ok');
  problem = 'lease not renewed for 40s';
  assert.deepEqual(health.reportOne('healthz', 'leader-election'), {
    ok: false,
    text: 'internal server error: lease not renewed for 40s\n',
  });
  assert.deepEqual(health.names('livez'), ['ping', 'leader-election']);
});

test('excluded checks pass, and the answer names an excluded check that does not exist', () => {
  const health = new Health();
  health.set('leader-election', 'live', () => 'lost');
  assert.deepEqual(health.report('healthz', { verbose: true, exclude: ['leader-election', 'etcd'] }), {
    ok: true,
    text:
      '[+]ping ok\n[+]leader-election excluded: ok\n' +
      'warn: some health checks cannot be excluded: no matches for "etcd"\nhealthz check passed\n',
  });
});

test('a check that throws has failed', () => {
  const health = new Health();
  health.set('odd', 'live', () => {
    throw new Error('oops');
  });
  assert.match(health.report('healthz', quiet).text, /^\[-\]odd failed: the check itself failed: oops$/m);
});

test('there is no report on a check that does not exist, or not at that endpoint', () => {
  const health = new Health();
  health.set('caches', 'ready', () => undefined);
  assert.equal(health.reportOne('healthz', 'nope'), undefined);
  assert.equal(health.reportOne('livez', 'caches'), undefined);
  assert.equal(health.reportOne('readyz', 'caches')?.ok, true);
});
