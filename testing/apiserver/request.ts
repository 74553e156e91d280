/** What a request wants, read from its method and path alone. */
export interface RequestInfo {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** As RBAC calls it: get, list, watch, create… ; the method in lower case where there is no resource. */
  readonly verb: string;
  /** Undefined where the path is not below a group and version. */
  readonly resource: ResourcePath | undefined;
}

export interface ResourcePath {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly subresource: string;
  /** Empty at the cluster scope, or for all namespaces. */
  readonly namespace: string;
  /** Empty for the collection. */
  readonly name: string;
}

const noQuery = new URLSearchParams();

/** Takes a method and a path with query apart. */
export function readRequest(method: string, target: string): RequestInfo {
  const mark = target.indexOf('?');
  const path = mark === -1 ? target : target.slice(0, mark);
  const query = mark === -1 ? noQuery : new URLSearchParams(target.slice(mark + 1));
  const resource = readResourcePath(path);
  if (resource === undefined) return { method, path, query, verb: method.toLowerCase(), resource };
  const selected = nameSelectedBy(query);
  const verb = verbOf(method, resource.name !== '', query);
  if (resource.name === '' && selected !== '' && (verb === 'list' || verb === 'watch')) {
    return { method, path, query, verb, resource: { ...resource, name: selected } };
  }
  return { method, path, query, verb, resource };
}

/** Of the paths read last: most requests are about what others before were about. */
const known = new Map<string, ResourcePath | undefined>();
const knownMax = 2_000;

function readResourcePath(path: string): ResourcePath | undefined {
  const found = known.get(path);
  if (found !== undefined) return found;
  const read = parseResourcePath(path);
  if (known.size >= knownMax) known.clear();
  known.set(path, read);
  return read;
}

function parseResourcePath(path: string): ResourcePath | undefined {
  const parts = path.split('/');
  if (parts[0] !== '' || (parts[1] !== 'api' && parts[1] !== 'apis')) return undefined;
  const isCore = parts[1] === 'api';
  const group = isCore ? '' : parts[2];
  const version = isCore ? parts[2] : parts[3];
  const rest = parts.slice(isCore ? 3 : 4).map(decode);
  if (group === undefined || version === undefined || rest.length === 0 || rest[0] === '') return undefined;
  let namespace = '';
  // A namespace is itself a resource; only with something after its name is it a scope.
  if (rest[0] === 'namespaces' && rest.length > 2 && rest[2] !== 'status' && rest[2] !== 'finalize') {
    namespace = rest[1] ?? '';
    rest.splice(0, 2);
  }
  const [plural = '', name = '', ...below] = rest;
  return { group, version, plural, name, namespace, subresource: below.join('/') };
}

function decode(part: string): string {
  if (!part.includes('%')) return part;
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function verbOf(method: string, named: boolean, query: URLSearchParams): string {
  switch (method) {
    case 'GET':
    case 'HEAD':
      if (named) return 'get';
      return isTrue(query.get('watch')) ? 'watch' : 'list';
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return named ? 'delete' : 'deletecollection';
    default:
      return method.toLowerCase();
  }
}

/** True as Kubernetes' query parameters have it: set, and neither `false` nor `0`. */
export function isTrue(value: string | null): boolean {
  return value !== null && value !== 'false' && value !== '0';
}

/** `metadata.name=x` in a field selector counts as the request's name for RBAC. */
function nameSelectedBy(query: URLSearchParams): string {
  const selector = query.get('fieldSelector');
  if (selector === null) return '';
  return /(?:^|,)metadata\.name==?([^,=]+)/.exec(selector)?.[1] ?? '';
}
