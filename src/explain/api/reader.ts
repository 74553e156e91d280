import {
  isNotFound,
  isRefusedByAuthorizer,
  KubeError,
  missingRule,
  type RequestInfo,
} from '../../kube/client/errors.ts';
import type { Requester } from '../../kube/client/requester.ts';
import { asArray, asObject } from '../../kube/codec/values.ts';
import type { Obj } from './objects.ts';

/** What a read came to. `unread` is no word on whether the object is there. */
export type Read =
  | { readonly is: 'found'; readonly object: Obj }
  | { readonly is: 'absent' }
  | { readonly is: 'unread' };

/** Something that could not be read, for a person: what, and why. */
export interface Unread {
  readonly what: string;
  readonly why: string;
  /** The RBAC rule that is missing, if that is the reason. */
  readonly rule: string | undefined;
}

export interface Kind {
  readonly group: string;
  readonly resource: string;
  readonly namespaced?: boolean;
}

export const kinds = {
  pod: { group: '', resource: 'pods', namespaced: true },
  claim: { group: '', resource: 'persistentvolumeclaims', namespaced: true },
  volume: { group: '', resource: 'persistentvolumes' },
  node: { group: '', resource: 'nodes' },
  event: { group: '', resource: 'events', namespaced: true },
  attachment: { group: 'storage.k8s.io', resource: 'volumeattachments' },
  csiNode: { group: 'storage.k8s.io', resource: 'csinodes' },
  csiDriver: { group: 'storage.k8s.io', resource: 'csidrivers' },
  lease: { group: 'coordination.k8s.io', resource: 'leases', namespaced: true },
} as const satisfies Record<string, Kind>;

/** Reads what the API has, and goes on without what it may not read. Rejects only if nobody answers at all. */
export class ApiReader {
  /** In the order in which it was asked for, each once. */
  readonly unread: Unread[] = [];
  readonly #requester: Requester;

  constructor(requester: Requester) {
    this.#requester = requester;
  }

  async get(kind: Kind, name: string, namespace?: string): Promise<Read> {
    if (name === '') return { is: 'absent' };
    try {
      const object = await this.#json({ verb: 'get', ...kind, name, namespace }, '');
      return { is: 'found', object };
    } catch (error) {
      if (isNotFound(error)) return { is: 'absent' };
      this.#note(error, `${kind.resource} ${namespace === undefined ? '' : `${namespace}/`}${name}`);
      return { is: 'unread' };
    }
  }

  /** All pages, of one namespace or of all; undefined if it may not be read. */
  async list(
    kind: Kind,
    options: { namespace?: string | undefined; selector?: string } = {},
  ): Promise<readonly Obj[] | undefined> {
    const { namespace, selector } = options;
    const items: Obj[] = [];
    let next = '';
    try {
      do {
        const query = new URLSearchParams({ limit: '500' });
        if (selector !== undefined) query.set('fieldSelector', selector);
        if (next !== '') query.set('continue', next);
        const page = await this.#json(
          { verb: 'list', group: kind.group, resource: kind.resource, namespace },
          `?${query}`,
        );
        items.push(...asArray(page.items).map(asObject));
        const token = asObject(page.metadata).continue;
        next = typeof token === 'string' ? token : '';
      } while (next !== '');
      return items;
    } catch (error) {
      this.#note(error, `${kind.resource}${namespace === undefined ? '' : ` in namespace ${namespace}`}`);
      return undefined;
    }
  }

  /** Rejects with KubeError. */
  async #json(info: RequestInfo, query: string): Promise<Obj> {
    const root = info.group === '' ? '/api/v1' : `/apis/${info.group}/v1`;
    const namespace = info.namespace === undefined ? '' : `/namespaces/${encodeURIComponent(info.namespace)}`;
    const name = info.name === undefined ? '' : `/${encodeURIComponent(info.name)}`;
    const path = `${root}${namespace}/${info.resource}${name}${query}`;
    const response = await this.#requester.send({ info, method: 'GET', path, jsonOnly: true });
    return asObject(JSON.parse(Buffer.from(response.body).toString('utf8')));
  }

  /** Notes what was refused; throws what is no answer of the API server's: nothing that follows would be told apart. */
  #note(error: unknown, what: string): void {
    if (!(error instanceof KubeError) || error.code === 0 || error.code === 401) throw error;
    const why = isRefusedByAuthorizer(error) ? 'forbidden' : error.message;
    if (this.unread.some((each) => each.what === what)) return;
    this.unread.push({ what, why, rule: missingRule(error) });
  }
}
