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

/** A certificate for those host names and addresses, valid for a year from `nowMs` (wall clock). */
export function makeCertificate(hosts: readonly string[], nowMs: number): ServerCertificate {
  const ca = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const server = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const validity = { from: nowMs - dayMs, until: nowMs + 365 * dayMs };
  const caName = name('csi-attacher embedded API server CA');
  const caCertificate = certificate({
    ...validity,
    issuer: caName,
    subject: caName,
    publicKey: ca.publicKey,
    signer: ca.privateKey,
    // May sign certificates, but none that sign others.
    extensions: [
      extension('2.5.29.19', true, sequence(boolean(true), integer(Uint8Array.of(0)))),
      extension('2.5.29.15', true, bitString(Uint8Array.of(0b0000_0100), 2)),
    ],
  });
  const serverCertificate = certificate({
    ...validity,
    issuer: caName,
    subject: name('kube-apiserver'),
    publicKey: server.publicKey,
    signer: ca.privateKey,
    extensions: [
      extension('2.5.29.15', true, bitString(Uint8Array.of(0b1000_0000), 7)),
      extension('2.5.29.37', false, sequence(oid('1.3.6.1.5.5.7.3.1'))),
      extension('2.5.29.17', false, sequence(...hosts.map(alternativeName))),
    ],
  });
  return {
    caPem: pem(caCertificate),
    certPem: pem(serverCertificate),
    keyPem: server.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
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
