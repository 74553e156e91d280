/** What is wrong, in a few words; undefined if nothing is. Must not block and must not throw. */
export type HealthCheck = () => string | undefined;

/**
 * Which endpoints a check belongs to: a `live` one fails when only a restart helps, and is part of all three; a `ready`
 * one fails while the attacher cannot do its work yet, and is part of `/readyz` alone.
 */
export type HealthKind = 'live' | 'ready';

export const healthEndpoints = ['healthz', 'livez', 'readyz'] as const;
export type HealthEndpoint = (typeof healthEndpoints)[number];

/** The outcome in Kubernetes' form: 200 or 500, and a text of a line for each check. */
export interface HealthReport {
  readonly ok: boolean;
  readonly text: string;
}

/**
 * Named checks. `ping` and `leader-election` are there from the start and pass, so that a probe on either path works
 * before anything else is known: a standby is healthy, and so is an attacher without election.
 */
export class Health {
  readonly #checks = new Map<string, { kind: HealthKind; check: HealthCheck }>();

  constructor() {
    this.set('ping', 'live', () => undefined);
    this.set('leader-election', 'live', () => undefined);
  }

  /** Adds the check, or puts it in the place of the one of that name. */
  set(name: string, kind: HealthKind, check: HealthCheck): void {
    this.#checks.set(name, { kind, check });
  }

  /** Names of the endpoint's checks, in the order in which they were added. */
  names(endpoint: HealthEndpoint): string[] {
    return [...this.#checks].filter(([, { kind }]) => kind === 'live' || endpoint === 'readyz').map(([name]) => name);
  }

  /** Runs the endpoint's checks but for the excluded ones. The text is short if all is well and nobody asked for more. */
  report(endpoint: HealthEndpoint, options: { verbose: boolean; exclude: readonly string[] }): HealthReport {
    const lines: string[] = [];
    const names = this.names(endpoint);
    let ok = true;
    for (const name of names) {
      const problem = options.exclude.includes(name) ? undefined : this.#run(name);
      if (problem !== undefined) ok = false;
      const outcome = options.exclude.includes(name) ? 'excluded: ok' : problem ? `failed: ${problem}` : 'ok';
      lines.push(`[${problem === undefined ? '+' : '-'}]${name} ${outcome}`);
    }
    const unknown = options.exclude.filter((name) => !names.includes(name)).map((name) => JSON.stringify(name));
    if (unknown.length > 0) {
      lines.push(`warn: some health checks cannot be excluded: no matches for ${unknown.join(',')}`);
    }
    lines.push(`${endpoint} check ${ok ? 'passed' : 'failed'}`);
    return { ok, text: ok && !options.verbose ? 'ok' : `${lines.join('\n')}\n` };
  }

  /** Runs one of the endpoint's checks; undefined if it has none of that name. */
  reportOne(endpoint: HealthEndpoint, name: string): HealthReport | undefined {
    if (!this.names(endpoint).includes(name)) return undefined;
    const problem = this.#run(name);
    if (problem === undefined) return { ok: true, text: 'ok' };
    return { ok: false, text: `internal server error: ${problem}\n` };
  }

  #run(name: string): string | undefined {
    try {
      return this.#checks.get(name)?.check();
    } catch (error) {
      return `the check itself failed: ${error instanceof Error ? error.message : String(error)}`;
    }
  }
}
