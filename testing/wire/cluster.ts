/** The cluster's side of an attacher's work: nodes, volumes and attachments that come and go. */
import type { ApiServer } from '../apiserver/core.ts';
import { attachmentName, csiNode, paths, persistentVolume, volumeAttachment } from '../support/cluster-objects.ts';
import type { AnyObject } from '../support/loose-objects.ts';
import { parseRequestCounts, type RequestCounts } from '../support/request-counts.ts';

/** Writes past the network, as somebody who may do all. Nothing here waits. */
export class Cluster {
  readonly #server: ApiServer;
  readonly #driver: string;

  constructor(server: ApiServer, driver: string) {
    this.#server = server;
    this.#driver = driver;
  }

  addNodes(...names: string[]): void {
    for (const name of names) this.create(paths.csiNodes, csiNode(name, { [this.#driver]: `id-${name}` }));
  }

  /** `csi` is merged over the volume's CSI source. */
  addVolumes(count: number, { prefix = 'pv', csi = {} }: { prefix?: string; csi?: object } = {}): string[] {
    const names = Array.from({ length: count }, (_, at) => `${prefix}-${at}`);
    for (const name of names) {
      const volume = persistentVolume({ name, driver: this.#driver, handle: `h-${name}` }) as AnyObject;
      Object.assign(volume.spec.csi, csi);
      this.create(paths.volumes, volume);
    }
    return names;
  }

  attach(volumes: readonly string[], node: string): void {
    for (const name of volumes) {
      const options = { name, driver: this.#driver, handle: `h-${name}`, nodeName: node };
      this.create(paths.attachments, volumeAttachment(options));
    }
  }

  /** Asks for them to be detached: they go when the attacher lets them. */
  detach(volumes: readonly string[], node: string): void {
    for (const name of volumes) this.#request('DELETE', `${paths.attachments}/${this.attachmentOf(name, node)}`);
  }

  attachmentOf(volume: string, node: string): string {
    return attachmentName(`h-${volume}`, this.#driver, node);
  }

  attachments(): AnyObject[] {
    return this.#list(paths.attachments);
  }

  get attached(): number {
    return this.attachments().filter(({ status }) => status?.attached === true).length;
  }

  create(path: string, object: object): AnyObject {
    return this.#request('POST', path, object) as AnyObject;
  }

  attachment(name: string): AnyObject | undefined {
    return this.#find(`${paths.attachments}/${name}`);
  }

  volume(name: string): AnyObject | undefined {
    return this.#find(`${paths.volumes}/${name}`);
  }

  /** Puts somebody else's finalizer on an attachment, beside those that are there, or takes it off. */
  hold(attachment: string, finalizer: string, held: boolean): void {
    const others = (this.attachment(attachment)?.metadata.finalizers ?? []).filter((each) => each !== finalizer);
    const metadata = { finalizers: held ? [...others, finalizer] : others };
    this.#text('PATCH', `${paths.attachments}/${attachment}`, { metadata }, 'application/merge-patch+json');
  }

  /** Puts these in the place of the rules in the attachers' role. */
  setRole(rules: readonly object[]): void {
    const path = '/apis/rbac.authorization.k8s.io/v1/clusterroles/csi-attacher';
    this.#text('PATCH', path, { rules }, 'application/merge-patch+json');
  }

  /** How many requests of each kind the server has answered. */
  counts(): RequestCounts {
    return parseRequestCounts(this.#text('GET', '/metrics'));
  }

  /** Whose lease it is; empty if nobody's. */
  get leader(): string {
    const [lease] = this.#list(paths.leases);
    return lease?.spec.holderIdentity ?? '';
  }

  #list(path: string): AnyObject[] {
    return (this.#request('GET', path) as { items: AnyObject[] }).items;
  }

  #request(method: string, path: string, body?: object): unknown {
    return JSON.parse(this.#text(method, path, body));
  }

  #find(path: string): AnyObject | undefined {
    try {
      return this.#request('GET', path) as AnyObject;
    } catch {
      return undefined;
    }
  }

  #text(method: string, path: string, body?: object, contentType = 'application/json'): string {
    const answer = this.#server.handle({
      ...{ method, path, body: body === undefined ? undefined : Buffer.from(JSON.stringify(body)) },
      headers: { authorization: 'Bearer admin', accept: 'application/json', 'content-type': contentType },
    });
    const text = answer.kind === 'done' ? Buffer.from(answer.body).toString() : answer.kind;
    if (answer.kind !== 'done' || answer.status >= 300) throw new Error(`${method} ${path}: ${text}`);
    return text;
  }
}
