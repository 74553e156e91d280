/** What is served besides objects: version, health, discovery, and what an extension has. */

import { type CoreAnswer, type CoreRequest, done } from './answers.ts';
import { answerDiscovery } from './discovery.ts';
import { methodNotAllowed } from './errors.ts';
import type { Extension } from './extension.ts';
import type { JsonObject } from './object.ts';
import type { RequestInfo } from './request.ts';
import type { ServedResource } from './schema/resources.ts';
import { encode } from './storage/encodings.ts';

const plainText = 'text/plain; charset=utf-8';

/** As kube-apiserver 1.36 says it, whose answers this server was held against. */
const version = {
  major: '1',
  minor: '36',
  emulationMajor: '1',
  emulationMinor: '36',
  minCompatibilityMajor: '1',
  minCompatibilityMinor: '35',
  gitVersion: 'v1.36.2+embedded',
  gitCommit: '',
  gitTreeState: '',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: '',
  compiler: '',
  platform: 'linux/amd64',
};

function versionOf(minor: number): JsonObject {
  if (String(minor) === version.minor) return version;
  // Older ones do not know what it is to emulate another.
  const { emulationMajor, emulationMinor, minCompatibilityMajor, minCompatibilityMinor, ...plain } = version;
  return { ...plain, minor: String(minor), gitVersion: `v1.${minor}.0+embedded` };
}

export interface ServerDescription {
  readonly resources: readonly ServedResource[];
  /** The x of Kubernetes 1.x. */
  readonly minor: number;
  readonly extension: Extension | undefined;
}

/** Throws ApiError. */
export function documentAnswer(
  info: RequestInfo,
  request: CoreRequest,
  { resources, minor, extension }: ServerDescription,
): CoreAnswer {
  if (info.method !== 'GET' && info.method !== 'HEAD') throw methodNotAllowed();
  const path = info.path.length > 1 ? info.path.replace(/\/$/, '') : info.path;
  const accept = request.headers.accept ?? '';
  if (path === '/version') return done(200, 'application/json', encode('json', versionOf(minor)));
  if (/^\/(healthz|livez|readyz)(\/ping)?$/.test(path)) {
    const check = path.split('/')[1] ?? '';
    const body = info.query.has('verbose') ? `[+]ping ok\n${check} check passed\n` : 'ok';
    return done(200, plainText, Buffer.from(body));
  }
  const discovered = answerDiscovery(path, accept, resources);
  if (discovered !== undefined) return done(200, discovered.contentType, encode('json', discovered.body));
  const described = extension?.document(path, accept);
  if (described !== undefined) return done(200, described.contentType, Buffer.from(described.body));
  return pageNotFound();
}

export function pageNotFound(): CoreAnswer {
  return done(404, plainText, Buffer.from('404 page not found\n'));
}
