import { type Config, type Environment, makeConfig } from './config.ts';
import { type FlagName, flags, isFlagName } from './flags.ts';
import { type FlagTarget, nearest, parseGoFlags, type Rest } from './go-flag.ts';
import { printConfig } from './print-config.ts';
import { defaultSet, valueWarnings } from './rules.ts';
import { strayFlags, strayWords } from './stray-words.ts';
import { usage } from './usage.ts';
import { FlagValues, flagRow } from './values.ts';

/** What a command line asks for. */
export type Command =
  | { readonly kind: 'run'; readonly config: Config; readonly warnings: readonly string[] }
  /** `text` goes to stdout; exit 0. */
  | { readonly kind: 'print-config'; readonly text: string; readonly warnings: readonly string[] }
  /** `text` goes to stdout; exit 0. */
  | { readonly kind: 'help'; readonly text: string }
  /** Print the version; exit 0. */
  | { readonly kind: 'version' }
  /** `message` goes to stderr. 2: the command line cannot be read; 1: a value that is not allowed. */
  | { readonly kind: 'error'; readonly message: string; readonly exitCode: 1 | 2 };

/** Reads the words behind the program's name. Never throws. */
export function parseArgs(argv: readonly string[], env: Environment): Command {
  const given = new Map<FlagName, unknown>();
  const result = parseGoFlags(
    argv,
    (name) => target(name, given),
    (name) => nearest(name, Object.keys(flags)),
  );
  if ('help' in result) return { kind: 'help', text: usage() };
  if (!result.ok) return unreadable(result.error);
  const [word] = result.value.words;
  if (word === 'help') return { kind: 'help', text: usage() };
  if (word === 'version' || given.get('version') === true) return { kind: 'version' };
  const stray = strayFlags(result.value);
  if (stray !== undefined) return unreadable(stray);

  const named = given.get('defaults') as string | undefined;
  const set =
    named !== undefined
      ? defaultSet('--defaults', named)
      : defaultSet('environment variable CSI_ATTACHER_DEFAULTS', env.CSI_ATTACHER_DEFAULTS || 'documented');
  if (!set.ok) return { kind: 'error', message: set.error, exitCode: 1 };

  const values = new FlagValues(given, set.value);
  const config = makeConfig(values, env);
  if (!config.ok) return { kind: 'error', message: config.error, exitCode: 1 };
  const warnings = warningsFor(values, result.value);
  if (values.get('print-config')) return { kind: 'print-config', text: printConfig(values, env), warnings };
  return { kind: 'run', config: config.value, warnings };
}

/** Without the usage text: what was wrong would be a hundred lines above the end of it. */
function unreadable(error: string): Command {
  return { kind: 'error', message: `${error}\nRun csi-attacher --help to see every flag.`, exitCode: 2 };
}

function target(name: string, given: Map<FlagName, unknown>): FlagTarget | undefined {
  if (!isFlagName(name)) return undefined;
  const { type } = flagRow(name);
  return {
    boolean: type.boolean,
    allowed: type.allowed,
    set: (text) => {
      const value = type.parse(text, given.get(name));
      if (!value.ok) return value.error;
      given.set(name, value.value);
      return undefined;
    },
  };
}

function warningsFor(values: FlagValues, rest: Rest): string[] {
  const warnings: string[] = [];
  for (const name of Object.keys(flags) as FlagName[]) {
    const reason = flagRow(name).ignored;
    if (reason !== undefined && values.given(name)) warnings.push(`flag --${name} is ignored: ${reason}`);
  }
  if (values.given('kube-api-burst') && !values.given('kube-api-qps')) {
    warnings.push('flag --kube-api-burst has no effect without --kube-api-qps');
  }
  return [...warnings, ...valueWarnings(values), ...strayWords(rest)];
}
