/** Counts requests as Kubernetes' server does, and shows them at /metrics under the same names. */
import { type CoreAnswer, done } from './answers.ts';
import type { RequestInfo } from './request.ts';

const verbs: Readonly<Record<string, string>> = {
  get: 'GET',
  list: 'LIST',
  watch: 'WATCH',
  create: 'POST',
  update: 'PUT',
  patch: 'PATCH',
  delete: 'DELETE',
  deletecollection: 'DELETECOLLECTION',
};
const metric = 'apiserver_request_total';

export class RequestMetrics {
  readonly #counts = new Map<string, number>();

  /** Counts one answered request. Requests for anything but objects do not count. */
  add({ verb, resource }: RequestInfo, contentType: string | undefined, status: number): void {
    if (resource === undefined) return;
    const { group, version, plural, subresource, namespace, name } = resource;
    const shown = contentType === 'application/apply-patch+yaml' ? 'APPLY' : (verbs[verb] ?? 'other');
    const scope = name !== '' || verb === 'create' ? 'resource' : namespace !== '' ? 'namespace' : 'cluster';
    const labels =
      `code="${status}",component="apiserver",dry_run="",group="${group}",resource="${plural}",` +
      `scope="${scope}",subresource="${subresource}",verb="${shown}",version="${version}"`;
    this.#counts.set(labels, (this.#counts.get(labels) ?? 0) + 1);
  }

  /** The page at /metrics. */
  answer(): CoreAnswer {
    const lines = [...this.#counts].map(([labels, count]) => `${metric}{${labels}} ${count}\n`);
    const head = `# HELP ${metric} Requests answered, by what they asked for and how.\n# TYPE ${metric} counter\n`;
    return done(200, 'text/plain; version=0.0.4; charset=utf-8', Buffer.from(head + lines.join('')));
  }
}
