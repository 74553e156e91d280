import assert from 'node:assert/strict';
import { test } from 'node:test';
import { proxyFor } from './proxy-choice.ts';

function choice(server: string, env: Record<string, string>): string | undefined {
  return proxyFor(new URL(server), env)?.href;
}

const proxy = { HTTPS_PROXY: 'http://p:3128' };

test('the environment names a proxy for each scheme, in capitals or not', () => {
  assert.equal(choice('https://a', proxy), 'http://p:3128/');
  assert.equal(choice('http://a', proxy), undefined);
  assert.equal(choice('https://a', { https_proxy: 'p:3128' }), 'http://p:3128/');
  assert.equal(choice('http://a', { http_proxy: 'http://p' }), 'http://p/');
  assert.equal(choice('https://a', { HTTPS_PROXY: 'socks5://p:1080' }), 'socks5://p:1080');
  assert.equal(choice('https://a', {}), undefined);
  assert.throws(() => choice('https://a', { HTTPS_PROXY: 'ftp://me:secret@p' }), /^Error: HTTPS_PROXY is no address/);
});

test('this machine is never asked for through a proxy', () => {
  for (const host of ['localhost', '127.0.0.1', '127.3.4.5', '[::1]']) {
    assert.equal(choice(`https://${host}:6443`, proxy), undefined, host);
  }
});

test('NO_PROXY names hosts, domains, addresses and ranges, with a port or not, as Go reads it', () => {
  const cases: [entry: string, server: string, isExempt: boolean][] = [
    ['*', 'https://a', true],
    ['a.example', 'https://a.example', true],
    ['a.example', 'https://A.example', true],
    ['a.example', 'https://b.a.example', true],
    ['a.example', 'https://ba.example', false],
    ['.example', 'https://a.example', true],
    ['.a.example', 'https://a.example', false],
    ['*.example', 'https://a.example', true],
    ['x, .svc ,y', 'https://kubernetes.default.svc', true],
    ['10.0.0.1', 'https://10.0.0.1', true],
    ['10.0.0.1', 'https://10.0.0.10', false],
    ['10.96.0.0/12', 'https://10.100.0.1', true],
    ['10.96.0.0/12', 'https://10.112.0.1', false],
    ['10.96.0.0/12', 'https://a.example', false],
    ['fd00::/8', 'https://[fd00::1]:443', true],
    ['fd00::1', 'https://[fd00::1]', true],
    ['[fd00::1]:6443', 'https://[fd00::1]:6443', true],
    ['a.example:6443', 'https://a.example:6443', true],
    ['a.example:6443', 'https://a.example', false],
    ['a.example:443', 'https://a.example', true],
    ['10.0.0.0/99', 'https://10.0.0.1', false],
    ['', 'https://a', false],
  ];
  for (const [entry, server, isExempt] of cases) {
    const found = choice(server, { ...proxy, NO_PROXY: entry });
    assert.equal(found === undefined, isExempt, `${entry} and ${server}`);
  }
  assert.equal(choice('https://a', { ...proxy, no_proxy: 'a' }), undefined);
});
