import { BlockList, isIP } from 'node:net';
import type { Environment } from '../../kube/access/access.ts';
import { hostOf, portOf } from '../url-parts.ts';

/**
 * The proxy that the environment names for `server`, by the rules of Go's net/http, which client-go goes by in a pod,
 * too: HTTPS_PROXY or HTTP_PROXY by the scheme, in capitals or not, none for this machine and for what NO_PROXY names.
 * Throws if it is no URL.
 */
export function proxyFor(server: URL, env: Environment): URL | undefined {
  const name = server.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY';
  const text = either(env, name);
  if (text === '' || isExempt(server, either(env, 'NO_PROXY'))) return undefined;
  return proxyUrl(text.includes('://') ? text : `http://${text}`, name);
}

const schemes = ['http:', 'https:', 'socks5:', 'socks5h:'];

function proxyUrl(text: string, where: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && schemes.includes(url.protocol) && url.hostname !== '') return url;
  // It may have a password in it.
  throw new Error(`${where} is no address of a proxy: must be http://, https:// or socks5:// with a host`);
}

function either(env: Environment, name: string): string {
  return env[name] || env[name.toLowerCase()] || '';
}

/** True for the machine itself, and for what an entry of NO_PROXY names. */
function isExempt(server: URL, noProxy: string): boolean {
  const host = hostOf(server).toLowerCase().replace(/\.$/, '');
  if (host === 'localhost' || (isIP(host) !== 0 && loopback.check(host, family(host)))) return true;
  return noProxy
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .some((entry) => entry !== '' && matches(entry, host, portOf(server)));
}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

function family(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4';
}

/** `*`, an address, a range of addresses, a domain with all below it, or `.domain` with only that; with a port or not. */
function matches(entry: string, host: string, port: number): boolean {
  if (entry === '*') return true;
  const [, address = '', bits] = /^(.+)\/(\d+)$/.exec(entry) ?? [];
  if (bits !== undefined && isIP(address) !== 0) return isWithin(host, address, Number(bits));
  const { name, port: onlyPort } = withoutPort(entry);
  if (onlyPort !== undefined && onlyPort !== port) return false;
  if (isIP(name) !== 0 || isIP(host) !== 0) return name === host;
  const domain = name.replace(/^\*?\./, '');
  return host.endsWith(`.${domain}`) || (domain === name && host === domain);
}

function isWithin(host: string, address: string, bits: number): boolean {
  if (isIP(host) === 0 || bits > (isIP(address) === 6 ? 128 : 32)) return false;
  const range = new BlockList();
  range.addSubnet(address, bits, family(address));
  return range.check(host, family(host));
}

function withoutPort(entry: string): { name: string; port: number | undefined } {
  if (isIP(entry) === 6) return { name: entry, port: undefined };
  const [, bracketed, plain = '', port] = /^(?:\[(.+)\]|([^:]*))(?::(\d+))?$/.exec(entry) ?? [
    undefined,
    undefined,
    entry,
  ];
  return { name: bracketed ?? plain, port: port === undefined ? undefined : Number(port) };
}
