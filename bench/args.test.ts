import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseBenchArgs } from './args.ts';
import { UsageError } from './rig/options.ts';

test('without arguments: a thousand volumes on twenty nodes, three rounds, our attacher, everything embedded', () => {
  assert.deepEqual(parseBenchArgs([]), {
    count: 1_000,
    rounds: 3,
    nodes: 20,
    foreign: 0,
    attachers: [],
    kubeconfig: undefined,
    attacherKubeconfig: undefined,
    driver: undefined,
    serverOnly: false,
    watchers: 4,
    keepLogs: false,
  });
});

test('both spellings of a value are read, and --attacher adds up', () => {
  const args = parseBenchArgs(['--count', '20', '--rounds=1', '--attacher', 'ours', '--attacher=go {socket}']);
  assert.equal(args?.count, 20);
  assert.equal(args?.rounds, 1);
  assert.deepEqual(args?.attachers, ['ours', 'go {socket}']);
});

test('the attacher has the same kubeconfig unless it is given its own', () => {
  assert.equal(parseBenchArgs(['--kubeconfig', 'a'])?.attacherKubeconfig, 'a');
  assert.equal(parseBenchArgs(['--kubeconfig', 'a', '--attacher-kubeconfig', 'b'])?.attacherKubeconfig, 'b');
});

test('--help wants only the usage', () => {
  assert.equal(parseBenchArgs(['--help']), undefined);
  assert.equal(parseBenchArgs(['-h']), undefined);
});

test('what cannot be used is refused by name', () => {
  const cases: [string[], RegExp][] = [
    [['--cuont', '3'], /Unknown option '--cuont'$/],
    [['word'], /Unexpected argument 'word'/],
    [['--count'], /--count/],
    [['--count', '0'], /--count must be a whole number of at least 1, not "0"/],
    [['--count', '1e3'], /--count must be a whole number of at least 1, not "1e3"/],
    [['--nodes', 'x'], /--nodes must be/],
    [['--attacher', ' '], /--attacher must not be empty/],
    [['--kubeconfig', ''], /--kubeconfig must not be empty/],
    [['--socket', '/s'], /--socket needs --driver-name/],
    [['--handles', 'f'], /--handles needs --socket/],
    [['--driver-name', 'd'], /--driver-name needs --socket/],
    [['--attacher-kubeconfig', 'f'], /--attacher-kubeconfig needs --kubeconfig/],
    [['--server-only', '--attacher', 'x'], /--server-only measures the embedded API server/],
    [['--socket', '/s', '--driver-name', 'd', '--attacher', 'a', '--attacher', 'b'], /needs --kubeconfig/],
  ];
  for (const [args, expected] of cases) {
    assert.throws(
      () => parseBenchArgs(args),
      (error) => error instanceof UsageError && expected.test(error.message),
      args.join(' '),
    );
  }
});
