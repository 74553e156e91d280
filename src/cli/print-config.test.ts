import assert from 'node:assert/strict';
import { test } from 'node:test';
import { flags } from './flags.ts';
import { parseArgs } from './parse-args.ts';

interface Printed {
  value: unknown;
  from: string;
  note?: string;
}

function print(argv: string[], env: Record<string, string> = {}): { json: Record<string, Printed>; text: string } {
  const command = parseArgs(['--print-config', ...argv], env);
  if (command.kind !== 'print-config') throw new Error(JSON.stringify(command));
  return { json: JSON.parse(command.text), text: command.text };
}

test('each value says whether a flag, the environment or a default set it', () => {
  const { json } = print(['--timeout=90s', '--worker-threads', '100'], {
    POD_NAMESPACE: 'storage',
    CSI_ATTACHER_DEFAULTS: 'upstream',
  });
  assert.deepEqual(json.timeout, { value: '1m30s', from: 'flag' });
  assert.deepEqual(json['reconcile-timeout'], { value: '1m30s', from: 'default' });
  assert.deepEqual(json['worker-threads'], { value: 100, from: 'flag' });
  assert.deepEqual(json['leader-election-namespace'], { value: 'storage', from: 'environment' });
  assert.deepEqual(json.defaults, { value: 'upstream', from: 'environment' });
  assert.deepEqual(json['leader-election'], { value: false, from: 'default' });
});

test('the documented defaults are printed as documented', () => {
  const { json } = print([]);
  assert.deepEqual(json.timeout, { value: '1m0s', from: 'default' });
  assert.deepEqual(json.defaults, { value: 'documented', from: 'default' });
  assert.deepEqual(json['leader-election-namespace'], {
    value: 'kube-system',
    from: 'default',
    note: "the service account's namespace comes first",
  });
  assert.deepEqual(json['kube-api-qps'], { value: null, from: 'default' });
  assert.deepEqual(json['feature-gates']?.value, {
    ReleaseLeaderElectionOnExit: true,
    MutableCSINodeAllocatableCount: true,
  });
});

test('what is printed is what is in effect, not what was asked for', () => {
  const { json } = print(['--http-endpoint=:1', '--kube-api-qps=30', '--leader-election-labels=a:b']);
  assert.deepEqual(json['metrics-addr'], { value: '', from: 'default' });
  assert.deepEqual(json['health-addr'], { value: '', from: 'default' });
  assert.deepEqual(json['kube-api-burst'], { value: 30, from: 'default' });
  assert.deepEqual(json['leader-election-labels'], { value: { a: 'b' }, from: 'flag' });
});

test('it is JSON with a line for each flag that does something', () => {
  const { json, text } = print([]);
  const working = Object.entries(flags).filter(([, flag]) => !('ignored' in flag));
  assert.equal(Object.keys(json).length, working.length - 2);
  assert.equal(text.trimEnd().split('\n').length, working.length - 2 + 2);
});

test('a broken rule is told instead of printed', () => {
  assert.equal(parseArgs(['--print-config', '--worker-threads=0'], {}).kind, 'error');
});
