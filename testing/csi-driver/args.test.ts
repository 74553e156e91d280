import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Code } from '../../src/csi/errors.ts';
import { type DriverArgs, parseDriverArgs, usage } from './args.ts';

function accepted(...argv: string[]): DriverArgs {
  const result = parseDriverArgs(['--socket', '/s', ...argv]);
  if (!result.ok || result.value === 'help') return assert.fail(JSON.stringify(result));
  return result.value;
}

test('a socket is enough', () => {
  const { socketPath, name, settings, publish } = accepted();
  assert.deepEqual([socketPath, name, publish.delayMs], ['/s', 'test.csi.example', 0]);
  assert.equal(settings.controllerService, true);
  assert.ok(settings.capabilities?.includes('PUBLISH_UNPUBLISH_VOLUME'));
});

test('delays are durations or ranges of them, in milliseconds', () => {
  const { publish, unpublish } = accepted('--publish-delay', '2s', '--unpublish-delay', '500ms..1m');
  assert.equal(publish.delayMs, 2_000);
  assert.deepEqual(unpublish.delayMs, [500, 60_000]);
});

test('errors have a share and codes', () => {
  const { publish, unpublish } = accepted('--error-rate', '0.1', '--error-code', 'Unavailable,Internal');
  assert.equal(publish.error, 0.1);
  assert.deepEqual(unpublish.codes, [Code.Unavailable, Code.Internal]);
});

test('capabilities are chosen by name', () => {
  const { settings } = accepted('--capabilities', 'PUBLISH_UNPUBLISH_VOLUME,LIST_VOLUMES');
  assert.deepEqual(settings.capabilities, ['PUBLISH_UNPUBLISH_VOLUME', 'LIST_VOLUMES']);
  assert.deepEqual(accepted('--capabilities', 'none').settings.capabilities, []);
});

test('the rest of the settings comes through', () => {
  const flags = '--no-controller-service --nodes a,b --known-volumes-only --max-published-per-node 3 --list-stale 5s';
  const more =
    '--required-secret k=a=b --ready-after 1s --list-page-size 7 --no-abort-while-pending --after-deadline stop';
  const { settings, seed } = accepted(...flags.split(' '), ...more.split(' '), '--seed', '42');
  assert.equal(settings.controllerService, false);
  assert.deepEqual(settings.nodes, ['a', 'b']);
  assert.equal(settings.onlyKnownVolumes, true);
  assert.equal(settings.maxPublishedPerNode, 3);
  assert.deepEqual(settings.requiredSecret, { key: 'k', value: 'a=b' });
  assert.deepEqual([settings.readyAfterMs, settings.listStaleMs, settings.listPageSize], [1_000, 5_000, 7]);
  assert.deepEqual([settings.abortWhilePending, settings.afterDeadline, seed], [false, 'stop', 42]);
});

const mistakes: [argv: string[], text: RegExp][] = [
  [[], /--socket is missing/],
  [['--socket', '/s', '--publish-delay', '2'], /--publish-delay: "2" is not/],
  [['--socket', '/s', '--publish-delay', '-2s'], /publish-delay/],
  [['--socket', '/s', '--error-rate', '1.5'], /--error-rate: "1.5" is no number from 0 to 1/],
  [['--socket', '/s', '--error-code', 'Nonsense'], /--error-code: Nonsense is none of Canceled/],
  [['--socket', '/s', '--error-code', 'OK'], /--error-code: OK/],
  [['--socket', '/s', '--capabilities', 'FLY'], /--capabilities: FLY is none of/],
  [['--socket', '/s', '--max-published-per-node', 'x'], /--max-published-per-node: "x"/],
  [['--socket', '/s', '--required-secret', 'x'], /KEY=VALUE/],
  [['--socket', '/s', '--after-deadline', 'x'], /neither finish nor stop/],
  [['--socket', '/s', '--nonsense'], /--nonsense/],
  [['--socket', '/s', 'word'], /word/],
];
for (const [argv, text] of mistakes) {
  test(`"${argv.join(' ')}" is refused with the reason`, () => {
    const result = parseDriverArgs(argv);
    assert.match(result.ok ? 'accepted' : result.error, text);
  });
}

test('help names every flag', () => {
  assert.deepEqual(parseDriverArgs(['--help']), { ok: true, value: 'help' });
  for (const flag of ['socket', 'publish-delay', 'capabilities', 'seed']) assert.ok(usage.includes(`--${flag}`));
});
