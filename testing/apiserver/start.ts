/** Starts the embedded API server on a socket: for tests, the demo and the bench. */
import type { Clock } from '../../src/base/clock.ts';
import type { Random } from '../../src/base/random.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { systemRandom } from '../../src/platform/random.ts';
import type { TokenEntry } from './access/tokens.ts';
import { ApiServer } from './core.ts';
import type { Extension } from './extension.ts';
import type { ServerFeatures } from './features.ts';
import { makeCertificate } from './https/certificates.ts';
import { HttpsFace } from './https/https.ts';
import { kubeconfigText } from './https/kubeconfig.ts';

export interface StartOptions {
  /** Any that is free unless told. */
  readonly port?: number | undefined;
  /** 127.0.0.1 unless told. */
  readonly host?: string | undefined;
  /** Besides those that `token()` hands out. */
  readonly tokens?: readonly TokenEntry[] | undefined;
  /** What differs from a new server. */
  readonly features?: Partial<ServerFeatures> | undefined;
  /** `forKubectl()`, say. */
  readonly extension?: Extension | undefined;
  readonly historyLimit?: number | undefined;
  readonly watchBuffer?: number | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
}

export interface RunningApiServer {
  /** Such as `https://127.0.0.1:41234`. */
  readonly url: string;
  readonly port: number;
  readonly caPem: string;
  /** The server itself: its objects, its history, its watches. */
  readonly core: ApiServer;
  /** Breaks all connections; new ones are accepted. */
  dropConnections(): void;
  /** A token for that user. `admin` may do all; any other has the permissions that roles and bindings give. */
  token(user: string): string;
  /** A kubeconfig in YAML for that user (admin unless told). */
  kubeconfig(user?: string): string;
  close(): Promise<void>;
}

export async function startApiServer(options: StartOptions = {}): Promise<RunningApiServer> {
  const clock = options.clock ?? systemClock;
  const random = options.random ?? systemRandom;
  const host = options.host ?? '127.0.0.1';
  const core = new ApiServer({ ...options, clock, random });
  // By the machine's own time: clients check it by theirs, whatever clock the server was given.
  const certificate = makeCertificate([...new Set(['localhost', '127.0.0.1', '::1', host])], Date.now());
  const face = new HttpsFace({ server: core, clock, certificate, port: options.port ?? 0, host });
  const port = await face.listen();
  const url = `https://${host.includes(':') ? `[${host}]` : host}:${port}`;
  const tokenOf = tokenSource(core, random, options.tokens ?? []);
  return {
    url,
    port,
    caPem: certificate.caPem,
    core,
    dropConnections: () => face.dropConnections(),
    token: tokenOf,
    kubeconfig: (user = 'admin') => kubeconfigText({ url, caPem: certificate.caPem, user, token: tokenOf(user) }),
    close: () => face.close(),
  };
}

/** Hands out each user's token: the one that was given, or a new one that is the same from then on. */
function tokenSource(core: ApiServer, random: Random, given: readonly TokenEntry[]): (user: string) => string {
  const tokens = new Map(given.map((entry) => [entry.user, entry.token]));
  return (user) => {
    let token = tokens.get(user);
    if (token === undefined) {
      token = random.uuid();
      tokens.set(user, token);
      core.tokens.add({ token, user, groups: user === 'admin' ? ['system:masters'] : [] });
    }
    return token;
  };
}
