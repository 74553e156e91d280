import { notParsed, type Parsed, parsed } from '../base/parsed.ts';
import type { FlagValues } from './values.ts';

/** One address to listen on, and what can be had there. */
export interface ListenAddress {
  /** Undefined: every address of the machine. An IPv6 address stands without brackets. */
  readonly host: string | undefined;
  /** 0: any free port. */
  readonly port: number;
  /** As it was given, for messages. */
  readonly text: string;
  /** The flag that asked for it (the first, if several did). */
  readonly flag: AddressFlag;
  readonly serves: { readonly metrics: boolean; readonly health: boolean; readonly debug: boolean };
  /** True if the user asked for this address: then the process ends if it cannot be had. Else a warning is enough. */
  readonly fatalIfInUse: boolean;
}

export type AddressFlag = 'http-endpoint' | 'metrics-address' | 'metrics-addr' | 'health-addr';

const everything = { metrics: true, health: true, debug: true };
const healthOnly = { metrics: false, health: true, debug: false };
const allowed = 'host:port, [IPv6]:port or :port, with a port from 0 to 65535';

/**
 * The addresses that the configuration asks for. `--http-endpoint` (or its older name) is one address for everything;
 * with it, the other two open only if they are given too. Flags with the same address share it. Health is served on
 * every address that is open.
 */
export function listenAddresses(values: FlagValues): Parsed<readonly ListenAddress[]> {
  const found = new Map<string, ListenAddress>();
  for (const flag of ['http-endpoint', 'metrics-address', 'metrics-addr', 'health-addr'] as const) {
    if (!isOpen(values, flag)) continue;
    const text = values.get(flag);
    const address = parseAddress(text);
    if (!address.ok) return notParsed(`--${flag}: ${address.error}`);
    const { host, port } = address.value;
    const serves = flag === 'health-addr' ? healthOnly : everything;
    const fatalIfInUse = values.given(flag);
    // Port 0 asks for a free port each time, so two of them are two addresses.
    const key = port === 0 ? flag : JSON.stringify([host ?? '', port]);
    const other = found.get(key);
    const shared = other && { ...other, fatalIfInUse: other.fatalIfInUse || fatalIfInUse };
    found.set(key, shared ?? { host, port, text, flag, serves, fatalIfInUse });
  }
  return parsed([...found.values()]);
}

/** True if the flag's address is to be opened: it is set, and not displaced by the single endpoint. */
export function isOpen(values: FlagValues, flag: AddressFlag): boolean {
  const single = values.get('http-endpoint') !== '' || values.get('metrics-address') !== '';
  return values.get(flag) !== '' && (values.given(flag) || !single);
}

/**
 * Reads host and port. The last colon parts them, so that an IPv6 host is understood without its brackets: manifests
 * have `$(POD_IP):8093`, which becomes `fd00::12:8093` in an IPv6 cluster.
 */
export function parseAddress(text: string): Parsed<{ host: string | undefined; port: number }> {
  const colon = text.lastIndexOf(':');
  const port = text.slice(colon + 1);
  const written = text.slice(0, Math.max(0, colon));
  const host = /^\[([^[\]]+)\]$/.exec(written)?.[1] ?? written;
  const valid = colon >= 0 && /^\d{1,5}$/.test(port) && Number(port) <= 65_535 && !/[[\]/\s]/.test(host);
  if (!valid) return notParsed(`${JSON.stringify(text)} is not ${allowed}`);
  return parsed({ host: host === '' ? undefined : host, port: Number(port) });
}
