/**
 * A certificate authority and a server certificate, made anew at each start. Node can read certificates but not write
 * them, and calling openssl would make the server need a program that not every machine has.
 */
import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isIP } from 'node:net';
import { bitString, boolean, der, explicit, integer, octetString, oid, sequence, set, utcTime, utf8 } from './der.ts';

export interface ServerCertificate {
  /** The authority's certificate, which clients must trust. */
  readonly caPem: string;
  readonly certPem: string;
  readonly keyPem: string;
}

const dayMs = 86_400_000;
const ecdsaWithSha256 = sequence(oid('1.2.840.10045.4.3.2'));

/** Who signs certificates. */
export interface Authority {
  readonly certPem: string;
  readonly name: Uint8Array;
  readonly key: KeyObject;
}

/** An authority that has signed its own certificate, or one that another has signed. */
export function makeAuthority(nowMs: number, { under }: { under?: Authority } = {}): Authority {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const own = name(`csi-attacher embedded API server ${under === undefined ? '' : 'intermediate '}CA`);
  const contents = certificate({
    ...validity(nowMs),
    issuer: under?.name ?? own,
    subject: own,
    publicKey,
    signer: under?.key ?? privateKey,
    extensions: [
      extension('2.5.29.19', true, sequence(boolean(true))),
      extension('2.5.29.15', true, bitString(Uint8Array.of(0b0000_0100), 2)),
    ],
  });
  return { certPem: pem(contents), name: own, key: privateKey };
}

/** A certificate for those host names and addresses, valid for a year from `nowMs` (wall clock). */
export function makeCertificate(
  hosts: readonly string[],
  nowMs: number,
  authority = makeAuthority(nowMs),
): ServerCertificate {
  const names = extension('2.5.29.17', false, sequence(...hosts.map(alternativeName)));
  const made = signed(authority, nowMs, { commonName: 'kube-apiserver', purpose: '1.3.6.1.5.5.7.3.1', more: [names] });
  return { caPem: authority.certPem, ...made };
}

/** A client's certificate, valid for a year from `nowMs`. */
export function makeClientCertificate(
  authority: Authority,
  commonName: string,
  nowMs: number,
): { certPem: string; keyPem: string } {
  return signed(authority, nowMs, { commonName, purpose: '1.3.6.1.5.5.7.3.2', more: [] });
}

function signed(
  authority: Authority,
  nowMs: number,
  { commonName, purpose, more }: { commonName: string; purpose: string; more: readonly Uint8Array[] },
): { certPem: string; keyPem: string } {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const contents = certificate({
    ...validity(nowMs),
    issuer: authority.name,
    subject: name(commonName),
    publicKey,
    signer: authority.key,
    extensions: [
      extension('2.5.29.15', true, bitString(Uint8Array.of(0b1000_0000), 7)),
      extension('2.5.29.37', false, sequence(oid(purpose))),
      ...more,
    ],
  });
  return { certPem: pem(contents), keyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
}

function validity(nowMs: number): { from: number; until: number } {
  return { from: nowMs - dayMs, until: nowMs + 365 * dayMs };
}

interface Contents {
  from: number;
  until: number;
  issuer: Uint8Array;
  subject: Uint8Array;
  publicKey: KeyObject;
  signer: KeyObject;
  extensions: readonly Uint8Array[];
}

function certificate(contents: Contents): Uint8Array {
  // The first bit is clear, so that the number is positive and has its full length.
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  const body = sequence(
    explicit(0, integer(Uint8Array.of(2))),
    integer(serial),
    ecdsaWithSha256,
    contents.issuer,
    sequence(utcTime(contents.from), utcTime(contents.until)),
    contents.subject,
    createPublicKey(contents.publicKey.export({ type: 'spki', format: 'pem' })).export({ type: 'spki', format: 'der' }),
    explicit(3, sequence(...contents.extensions)),
  );
  return sequence(body, ecdsaWithSha256, bitString(sign('sha256', body, contents.signer)));
}

function name(commonName: string): Uint8Array {
  return sequence(set(sequence(oid('2.5.4.3'), utf8(commonName))));
}

function extension(id: string, critical: boolean, value: Uint8Array): Uint8Array {
  return sequence(oid(id), ...(critical ? [boolean(true)] : []), octetString(value));
}

function alternativeName(host: string): Uint8Array {
  if (isIP(host) === 0) return der(0x82, Buffer.from(host));
  return der(0x87, isIP(host) === 4 ? Uint8Array.from(host.split('.').map(Number)) : ipv6Bytes(host));
}

function ipv6Bytes(address: string): Uint8Array {
  const [head = '', tail = ''] = address.split('::');
  const groups = (part: string): number[] =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16));
  const before = groups(head);
  const after = groups(tail);
  const zeros = new Array<number>(8 - before.length - after.length).fill(0);
  return Uint8Array.from([...before, ...zeros, ...after].flatMap((group) => [group >> 8, group & 0xff]));
}

function pem(bytes: Uint8Array): string {
  const lines = Buffer.from(bytes)
    .toString('base64')
    .replace(/(.{64})/g, '$1\n')
    .trimEnd();
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}
