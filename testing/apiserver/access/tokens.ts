/** Bearer tokens and who they stand for. */
import { unauthorized } from '../errors.ts';

export interface User {
  readonly name: string;
  readonly uid: string;
  /** With the groups that every user of its sort is in. */
  readonly groups: readonly string[];
}

export interface TokenEntry {
  readonly token: string;
  readonly user: string;
  readonly uid?: string | undefined;
  readonly groups?: readonly string[] | undefined;
}

const anonymous: User = { name: 'system:anonymous', uid: '', groups: ['system:unauthenticated'] };
const serviceAccount = /^system:serviceaccount:([^:]+):[^:]+$/;

export class Tokens {
  readonly #users = new Map<string, User>();

  constructor(entries: Iterable<TokenEntry>) {
    for (const entry of entries) this.add(entry);
  }

  add(entry: TokenEntry): void {
    const groups = new Set(entry.groups ?? []);
    const namespace = serviceAccount.exec(entry.user)?.[1];
    if (namespace !== undefined) groups.add('system:serviceaccounts').add(`system:serviceaccounts:${namespace}`);
    groups.add('system:authenticated');
    this.#users.set(entry.token, { name: entry.user, uid: entry.uid ?? '', groups: [...groups] });
  }

  /** The token is refused from now on. */
  remove(token: string): void {
    this.#users.delete(token);
  }

  /** Who sends that Authorization header. Throws ApiError (401) if the token is not known. */
  authenticate(authorization: string | undefined): User {
    if (authorization === undefined || !/^bearer /i.test(authorization)) return anonymous;
    const user = this.#users.get(authorization.slice(7).trim());
    if (user === undefined) throw unauthorized();
    return user;
  }
}

/**
 * Reads Kubernetes' file of static tokens: one `token,user,uid,"group,group"` a line; uid and groups may be left out.
 * Throws an Error that names the line.
 */
export function parseTokenFile(source: string): TokenEntry[] {
  const entries: TokenEntry[] = [];
  for (const [index, line] of source.split('\n').entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const fields = splitCsv(line.trim());
    const [token, user, uid, groups] = fields ?? [];
    if (!token || !user) {
      throw new Error(`line ${index + 1}: expected token,user,uid,"group,group", at least token and user`);
    }
    const names = (groups ?? '').split(',').map((group) => group.trim());
    entries.push({ token, user, uid, groups: names.filter((group) => group !== '') });
  }
  return entries;
}

/** Fields of one CSV line; undefined if a quote is left open. */
function splitCsv(line: string): string[] | undefined {
  const fields: string[] = [];
  let rest = line;
  for (;;) {
    const match = /^\s*(?:"((?:[^"]|"")*)"|([^,"]*))\s*(,|$)/.exec(rest);
    if (match === null) return undefined;
    fields.push((match[1] ?? match[2] ?? '').replaceAll('""', '"').trim());
    if (match[3] === '') return fields;
    rest = rest.slice(match[0].length);
  }
}
