import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UsageError } from '../bench/rig/options.ts';
import { parseDemoArgs } from './args.ts';

test('without arguments: 300 volumes on 12 nodes, nothing kept, no JSON', () => {
  assert.deepEqual(parseDemoArgs([]), { volumes: 300, nodes: 12, keep: false, json: false });
});

test('arguments add up', () => {
  assert.deepEqual(parseDemoArgs(['--keep', '--json', '--volumes=20', '--nodes', '3']), {
    volumes: 20,
    nodes: 3,
    keep: true,
    json: true,
  });
  assert.equal(parseDemoArgs(['--keep', '--help']), undefined);
});

test('unknown arguments are refused by name', () => {
  for (const args of [['--kepe'], ['keep'], ['--volumes', '0'], ['--keep=yes']]) {
    assert.throws(
      () => parseDemoArgs(args),
      (error) => error instanceof UsageError && error.message.includes(args[0]?.split('=')[0] ?? ''),
    );
  }
});
