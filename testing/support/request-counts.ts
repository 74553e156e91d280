/** How many requests a server has answered, by `VERB resource/subresource`. */
export type RequestCounts = ReadonlyMap<string, number>;

const sample = /^apiserver_request_total\{(?<labels>.*)\} (?<value>\S+)/;
const label = /(?<name>\w+)="(?<value>(?:[^"\\]|\\.)*)"/g;

/**
 * Reads apiserver_request_total, which the embedded server and a real one show alike, out of a page of metrics. Codes,
 * versions and scopes are added up. The verbs are the server's: POST, PUT, PATCH, APPLY, DELETE, GET, LIST, WATCH.
 */
export function parseRequestCounts(page: string): RequestCounts {
  const counts = new Map<string, number>();
  for (const line of page.split('\n')) {
    const groups = sample.exec(line)?.groups;
    if (groups === undefined) continue;
    const { verb, resource, subresource } = labelsOf(groups.labels ?? '');
    const key = `${verb} ${resource}${subresource ? `/${subresource}` : ''}`;
    counts.set(key, (counts.get(key) ?? 0) + Number(groups.value));
  }
  return counts;
}

function labelsOf(text: string): Record<string, string> {
  return Object.fromEntries([...text.matchAll(label)].map(({ groups }) => [groups?.name ?? '', groups?.value ?? '']));
}

/** What was added between two readings; requests that were not made are left out. */
export function countsBetween(before: RequestCounts, after: RequestCounts): Map<string, number> {
  const added = new Map<string, number>();
  for (const [key, count] of after) {
    const difference = count - (before.get(key) ?? 0);
    if (difference !== 0) added.set(key, difference);
  }
  return added;
}

const writes = /^(POST|PUT|PATCH|APPLY|DELETE) (?<resource>[^/]+)/;
const written = new Set(['volumeattachments', 'persistentvolumes', 'csinodes', 'events']);

/**
 * The writes of an attacher among all requests: those that change what it works on, or report about it. The attachments
 * that come and go are the workload's own requests and left out; so is the lease, whose writes depend on time alone.
 */
export function attacherWrites(counts: RequestCounts): Map<string, number> {
  const own = new Map<string, number>();
  for (const [key, count] of counts) {
    const resource = writes.exec(key)?.groups?.resource;
    const workload = key === 'POST volumeattachments' || key === 'DELETE volumeattachments';
    if (resource !== undefined && written.has(resource) && !workload) own.set(key, count);
  }
  return own;
}
