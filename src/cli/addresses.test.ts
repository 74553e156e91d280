import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAddress } from './addresses.ts';
import { parseArgs } from './parse-args.ts';

/** The addresses of a command line, each as `text flag serves! `: `!` where a port in use is fatal. */
function addresses(...argv: string[]): string[] {
  const command = parseArgs(argv, {});
  if (command.kind !== 'run') throw new Error(JSON.stringify(command));
  return command.config.addresses.map(({ text, flag, serves, fatalIfInUse }) => {
    const served = Object.entries(serves).filter(([, served]) => served);
    return `${text} ${flag} ${served.map(([name]) => name).join('+')}${fatalIfInUse ? '!' : ''}`;
  });
}

const all = 'metrics+health+debug';

test('without flags, metrics and health have an address each, and a port in use is no reason to end', () => {
  assert.deepEqual(addresses(), [`:8080 metrics-addr ${all}`, ':9808 health-addr health']);
});

test('with upstream’s defaults nothing listens', () => {
  assert.deepEqual(addresses('--defaults=upstream'), []);
});

test('an address that was given must be had', () => {
  assert.deepEqual(addresses('--metrics-addr=:9000'), [`:9000 metrics-addr ${all}!`, ':9808 health-addr health']);
  assert.deepEqual(addresses('--defaults=upstream', '--health-addr=:1'), [':1 health-addr health!']);
});

test('an empty address is off', () => {
  assert.deepEqual(addresses('--metrics-addr=', '--health-addr='), []);
});

test('the single endpoint serves everything and closes the two default ones, under either name', () => {
  assert.deepEqual(addresses('--http-endpoint=:22012'), [`:22012 http-endpoint ${all}!`]);
  assert.deepEqual(addresses('--metrics-address=localhost:8203'), [`localhost:8203 metrics-address ${all}!`]);
});

test('beside the single endpoint the two others open only if they are given', () => {
  assert.deepEqual(addresses('--http-endpoint=:1', '--health-addr=:2'), [
    `:1 http-endpoint ${all}!`,
    ':2 health-addr health!',
  ]);
});

test('flags with the same address share it, and it serves what either wants', () => {
  assert.deepEqual(addresses('--metrics-addr=:9808'), [`:9808 metrics-addr ${all}!`]);
  assert.deepEqual(addresses('--health-addr=:8080'), [`:8080 metrics-addr ${all}!`]);
  assert.equal(addresses('--metrics-addr=:0', '--health-addr=:0').length, 2);
});

test('host and port are parted at the last colon, and an IPv6 host needs no brackets', () => {
  const cases: [string, string | undefined, number][] = [
    [':8080', undefined, 8080],
    ['0.0.0.0:8080', '0.0.0.0', 8080],
    ['localhost:0', 'localhost', 0],
    ['[::1]:8080', '::1', 8080],
    ['::1:8080', '::1', 8080],
    ['fd00::12:8093', 'fd00::12', 8093],
    ['[::]:8080', '::', 8080],
    ['[fe80::1%eth0]:80', 'fe80::1%eth0', 80],
    ['metrics.local:65535', 'metrics.local', 65535],
  ];
  for (const [text, host, port] of cases) assert.deepEqual(parseAddress(text), { ok: true, value: { host, port } });
});

test('what is no address is refused with what is one', () => {
  for (const text of ['8080', 'localhost', ':http', ':65536', 'a:b', ':', '[::1]', '[::1:80', 'http://x:80', 'a b:1']) {
    const result = parseAddress(text);
    assert.ok(!result.ok, text);
    assert.equal(
      result.error,
      `${JSON.stringify(text)} is not host:port, [IPv6]:port or :port, with a port from 0 to 65535`,
    );
  }
});
