import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log/logger.ts';
import type { ProgramResult, Programs } from '../../base/programs.ts';
import { asArray, asObject, asTime, type JsonObject } from '../codec/values.ts';
import { isToken } from './files.ts';
import { textOf } from './kubeconfig-document.ts';

export interface ExecPluginOptions {
  /** The `exec` of a user. */
  exec: JsonObject;
  /** The folder that a command with a separator is relative to, with a slash at its end. */
  folder: string;
  programs: Programs;
  clock: Clock;
  logger: Logger;
  stop?: AbortSignal | undefined;
}

/** What a plugin gave: a token, a client certificate with its key (PEM), or both. */
export interface PluginCredential {
  readonly token: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
  /** Wall-clock time in milliseconds; undefined: until it is refused. */
  readonly expiresAt: number | undefined;
}

const apiVersions = ['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1'];
/** The log says that it is waited for. */
const slowMs = 10_000;
/** A person who has to log in is not there, and nothing else takes a minute. */
const longestRunMs = 60_000;

/**
 * A program that gives credentials, by the protocol of client.authentication.k8s.io. It runs when there are no
 * credentials yet, when they have expired, and after a refusal.
 */
export class ExecPlugin {
  readonly #options: ExecPluginOptions;
  readonly #logger: Logger;
  readonly #apiVersion: string;
  readonly #command: string;
  #credential: PluginCredential | undefined;

  /** Throws a reason if the section cannot be used. */
  constructor(options: ExecPluginOptions) {
    const { exec, folder } = options;
    this.#options = options;
    this.#logger = options.logger.named('kube/access/exec-plugin');
    this.#apiVersion = textOf(exec, 'apiVersion');
    if (!apiVersions.includes(this.#apiVersion)) {
      throw new Error(`exec: apiVersion is "${this.#apiVersion}", must be ${apiVersions.join(' or ')}`);
    }
    const command = textOf(exec, 'command');
    if (command === '') throw new Error('exec: command is not set');
    if (exec.interactiveMode === 'Always') {
      throw new Error('exec: interactiveMode is Always, but there is nobody to talk to: must be Never or IfAvailable');
    }
    // As kubectl has it: a bare name is looked for along PATH.
    this.#command = command.includes('/') && !command.startsWith('/') ? folder + command : command;
  }

  /** `cluster`: what the plugin is told of the cluster, if it asks for that. Rejects with a reason. */
  async credential(cluster: () => JsonObject): Promise<PluginCredential> {
    const expiresAt = this.#credential?.expiresAt ?? Number.POSITIVE_INFINITY;
    if (this.#credential === undefined || this.#options.clock.now() >= expiresAt) {
      this.#credential = this.#read(await this.#run(cluster));
    }
    return this.#credential;
  }

  refused(): void {
    this.#credential = undefined;
  }

  async #run(cluster: () => JsonObject): Promise<ProgramResult> {
    const { exec, programs, clock, stop } = this.#options;
    const spec = { interactive: false, ...(exec.provideClusterInfo === true ? { cluster: cluster() } : {}) };
    const info = { kind: 'ExecCredential', apiVersion: this.#apiVersion, spec };
    const end = new AbortController();
    const stopped = (): void => end.abort(new Error('the attacher is stopping'));
    if (stop?.aborted) stopped();
    stop?.addEventListener('abort', stopped, { once: true });
    const slow = clock.schedule(slowMs, () => {
      this.#logger.warning('Waiting for the credential plugin of the kubeconfig', { command: this.#command });
    });
    const limit = clock.schedule(longestRunMs, () => end.abort(new Error(`it did not end in ${longestRunMs / 1000}s`)));
    try {
      const env = { ...this.#env(), KUBERNETES_EXEC_INFO: JSON.stringify(info) };
      const args = asArray(exec.args).map(String);
      return await programs.run({ command: this.#command, args, env, signal: end.signal });
    } catch (error) {
      throw new Error(this.#startFailure(error), { cause: error });
    } finally {
      slow.cancel();
      limit.cancel();
      stop?.removeEventListener('abort', stopped);
    }
  }

  #env(): Record<string, string> {
    const entries = asArray(this.#options.exec.env).map(asObject);
    return Object.fromEntries(entries.map((entry) => [textOf(entry, 'name'), textOf(entry, 'value')]));
  }

  #startFailure(error: unknown): string {
    const reason = error instanceof Error ? error.message : String(error);
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code !== 'ENOENT') return `${this.#command}: ${reason}`;
    const hint = textOf(this.#options.exec, 'installHint').trim();
    return `there is no program ${this.#command}${hint === '' ? '' : `\n${hint}`}`;
  }

  #read({ code, stdout, stderr }: ProgramResult): PluginCredential {
    if (code !== 0) throw new Error(stderr.trim() || `${this.#command} ended with ${code}`);
    const answer = parsed(stdout);
    if (answer === undefined) throw new Error(`${this.#command} did not answer with an ExecCredential in JSON`);
    if (answer.kind !== 'ExecCredential' || answer.apiVersion !== this.#apiVersion) {
      const found = `kind ${JSON.stringify(answer.kind)}, apiVersion ${JSON.stringify(answer.apiVersion)}`;
      throw new Error(`${this.#command} answered with ${found}: must be ExecCredential, "${this.#apiVersion}"`);
    }
    if (typeof answer.status !== 'object' || answer.status === null) {
      throw new Error(`${this.#command} answered without a status, which would hold the credentials`);
    }
    return this.#credentialOf(asObject(answer.status));
  }

  #credentialOf(status: JsonObject): PluginCredential {
    const token = textOf(status, 'token') || undefined;
    const cert = textOf(status, 'clientCertificateData') || undefined;
    const key = textOf(status, 'clientKeyData') || undefined;
    if (token !== undefined && !isToken(token)) throw new Error('its token has characters that no token has');
    if ((cert === undefined) !== (key === undefined)) {
      throw new Error('it gave clientCertificateData or clientKeyData without the other');
    }
    if (token === undefined && cert === undefined) {
      throw new Error('the status in its answer has neither a token nor a certificate with its key');
    }
    const expiry = status.expirationTimestamp;
    const expiresAt = asTime(expiry);
    if (expiresAt === undefined && expiry !== undefined && expiry !== null) {
      throw new Error(
        `its expirationTimestamp is ${JSON.stringify(expiry)}: must be a time such as 2030-01-01T00:00:00Z`,
      );
    }
    return { token, cert, key, expiresAt };
  }
}

function parsed(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? asObject(value) : undefined;
  } catch {
    return undefined;
  }
}
