import { notParsed, type Parsed, parsed } from '../base/parsed.ts';

const allowed = 'a path (/csi/csi.sock, ./csi.sock), unix:///csi/csi.sock or unix:/csi/csi.sock';

/**
 * The socket's path, from an address as `--csi-address` takes it. A relative path is understood as the process's
 * working directory has it, with or without `unix:`, as in gRPC's own naming.
 */
export function parseCsiAddress(address: string): Parsed<string> {
  if (address === '') return notParsed(`the CSI address is empty; allowed: ${allowed}`);
  if (address.includes('\0')) return notParsed(`the CSI address ${JSON.stringify(address)} holds a NUL character`);
  const scheme = /^[a-z][a-z0-9+.-]*:/i.exec(address)?.[0].toLowerCase();
  if (scheme === undefined) return parsed(address);
  const rest = address.slice(scheme.length);
  if (scheme !== 'unix:' || rest === '') return refused(address);
  if (!rest.startsWith('//')) return parsed(rest);
  // After "//" comes an authority in a URL; it must be empty, so what is left starts with the path's own slash.
  const path = rest.slice(2);
  return path.startsWith('/') && path !== '/' ? parsed(path) : refused(address);
}

function refused(address: string): { readonly ok: false; readonly error: string } {
  return notParsed(`the CSI address ${JSON.stringify(address)} is no Unix socket; allowed: ${allowed}`);
}
