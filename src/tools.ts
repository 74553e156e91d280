import { parseArgs } from 'node:util';
import { noLogger } from './base/log/logger.ts';
import type { Programs } from './base/programs.ts';
import { chooseKubeconfig } from './explain/api/kubeconfig.ts';
import { ApiReader } from './explain/api/reader.ts';
import { explain } from './explain/explain.ts';
import { explanationJson, explanationText } from './explain/render.ts';
import { leaderViews, parseTarget, type Target } from './explain/story/target.ts';
import { languageOf, say } from './explain/texts/index.ts';
import { AccessError } from './kube/access/files.ts';
import { findAccess } from './kube/access/find-access.ts';
import { KubeError } from './kube/client/errors.ts';
import { Requester } from './kube/client/requester.ts';
import type { Platform } from './platform/platform.ts';

/** What a tool needs beside the platform: the terminal, and a page of the attacher in the same pod. */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly isTty: boolean;
  out(text: string): void;
  err(text: string): void;
  /** The JSON of a page on this machine; undefined if nobody has it. */
  page(url: string): Promise<unknown>;
}

/** The machine, and the programs that a kubeconfig may have run for credentials. */
type ToolPlatform = Platform & { readonly programs: Programs };

const explainUsage = `Why does my volume hang? Tells the story of a volume: what is wanted, what has been done, what is waited for,
who has to act, and the next step.

Usage:
  csi-attacher explain KIND/NAME [flags]     KIND: pod, pvc, pv, node, volumeattachment (po, no, va)
  csi-attacher explain NAME [flags]          whatever has that name

Flags:
  -n, --namespace NAME     namespace of the pod or claim (default: that of the context, else "default")
      --kubeconfig FILE    default: the files in KUBECONFIG, else ~/.kube/config, else the pod's service account
      --context NAME       context of the kubeconfig (default: its current one)
      --attacher-url URL   where this pod's attacher shows its state (default in a pod: http://127.0.0.1:8080)
  -o, --output FORMAT      text or json (default: text)
  -h, --help               this text

Language: English, or Chinese where LC_ALL, LC_MESSAGES or LANG begins with zh.
Exit code: 0 nothing is wrong, 3 something is waited for, 4 somebody has to act; 1 it could not be told, 2 wrong flags.
`;

interface ExplainCommand {
  readonly target: Target;
  readonly namespace: string | undefined;
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
  readonly attacherUrl: string | undefined;
  readonly json: boolean;
}

/** The command in the words; `help`, or a string that says what is wrong. */
function parseExplain(words: readonly string[]): ExplainCommand | 'help' | { readonly error: string } {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(words);
  } catch (error) {
    return { error: error instanceof Error ? (error.message.split('. ')[0] ?? '') : String(error) };
  }
  const { values, positionals } = parsed;
  if (values.help === true) return 'help';
  const target = parseTarget(positionals);
  if (typeof target === 'string') return { error: target };
  const { output = 'text' } = values;
  if (output !== 'text' && output !== 'json') return { error: `--output is "${output}"; allowed: text, json` };
  const { namespace, kubeconfig, context } = values;
  return { target, namespace, kubeconfig, context, attacherUrl: values['attacher-url'], json: output === 'json' };
}

function parse(words: readonly string[]) {
  return parseArgs({
    args: [...words],
    allowPositionals: true,
    options: {
      namespace: { type: 'string', short: 'n' },
      kubeconfig: { type: 'string' },
      context: { type: 'string' },
      'attacher-url': { type: 'string' },
      output: { type: 'string', short: 'o' },
      help: { type: 'boolean', short: 'h' },
    },
  });
}

/** Runs `explain`. Resolves with the exit code; never rejects for what a user can mend. */
export async function runExplain(
  words: readonly string[],
  platform: ToolPlatform,
  terminal: Terminal,
): Promise<number> {
  const command = parseExplain(words);
  if (command === 'help') {
    terminal.out(explainUsage);
    return 0;
  }
  if ('error' in command) {
    terminal.err(`${command.error}\nTry: csi-attacher explain --help\n`);
    return 2;
  }
  try {
    return await told(command, platform, terminal);
  } catch (error) {
    if (!(error instanceof AccessError) && !(error instanceof KubeError)) throw error;
    terminal.err(`csi-attacher explain: ${error.message}\n`);
    return 1;
  }
}

async function told(command: ExplainCommand, platform: ToolPlatform, terminal: Terminal): Promise<number> {
  const { env } = terminal;
  const chosen = await chooseKubeconfig({ path: command.kubeconfig, context: command.context }, env, platform.files);
  const access = await findAccess({ ...platform, env, kubeconfig: chosen.path, files: chosen.files });
  const transport = platform.kubeTransport({ access, http: 'auto', onConnect: () => {} });
  const { clock, random } = platform;
  const { credentials } = access;
  const requester = new Requester({ clock, random, credentials, transport, logger: noLogger, timeoutMs: 10_000 });
  try {
    const reader = new ApiReader(requester);
    const namespace = command.namespace ?? access.namespace ?? 'default';
    const leader = leaderViews(await leaderPage(command, terminal));
    const explanation = await explain({ target: command.target, namespace, reader, nowMs: clock.now(), leader });
    return show(explanation, { ...command, namespace }, terminal);
  } finally {
    transport.close();
  }
}

function show(
  explanation: Awaited<ReturnType<typeof explain>>,
  { target, namespace, json }: ExplainCommand,
  { env, isTty, out, err }: Terminal,
): number {
  const language = languageOf(env);
  const colour = isTty && (env.NO_COLOR ?? '') === '' && env.TERM !== 'dumb';
  if (!explanation.found) {
    const name = target.kind === undefined ? target.name : `${target.kind} ${target.name}`;
    const [unread] = explanation.unread;
    if (unread === undefined) err(`${say(language, 'error.notFound', { name, namespace: namespace ?? '' })}\n`);
    else err(`${say(language, 'error.unread', { name, why: `${unread.why} ${unread.rule ?? ''}`.trim() })}\n`);
  } else if (json) out(`${JSON.stringify(explanationJson(explanation, language), undefined, 2)}\n`);
  else out(explanationText(explanation, { language, colour }));
  return explanation.exitCode;
}

/** What the attacher in this pod says of itself; undefined on a workstation, and where it does not show it. */
async function leaderPage({ attacherUrl }: ExplainCommand, { env, page }: Terminal): Promise<unknown> {
  const inPod = env.KUBERNETES_SERVICE_HOST !== undefined;
  if (attacherUrl === undefined && !inPod) return undefined;
  return page(`${attacherUrl ?? 'http://127.0.0.1:8080'}/debug/attachments`);
}
