import { isOpen } from './addresses.ts';
import {
  apiLimit,
  type Environment,
  gatesOf,
  leaseNamespace,
  namespaceFallback,
  reconcileTimeoutMs,
} from './config.ts';
import { duration } from './flag-types.ts';
import { type FlagName, flags } from './flags.ts';
import { type FlagValues, flagRow, type Source } from './values.ts';

interface Printed {
  readonly value: unknown;
  readonly from: Source;
  readonly note?: string;
}

/** Flags that ask for something instead of setting something. */
const actions: ReadonlySet<string> = new Set(['version', 'print-config']);

/** The effective configuration as JSON, a line for each flag: `"timeout": {"value":"1m0s","from":"default"}`. */
export function printConfig(values: FlagValues, env: Environment): string {
  const lines = (Object.keys(flags) as FlagName[])
    .filter((name) => !actions.has(name) && flagRow(name).ignored === undefined)
    .map((name) => `  ${JSON.stringify(name)}: ${JSON.stringify(printed(name, values, env))}`);
  return `{\n${lines.join(',\n')}\n}\n`;
}

function printed(name: FlagName, values: FlagValues, env: Environment): Printed {
  const from: Source = values.given(name) ? 'flag' : 'default';
  switch (name) {
    case 'defaults':
      return { value: values.defaults, from: from === 'default' && env.CSI_ATTACHER_DEFAULTS ? 'environment' : from };
    case 'leader-election-namespace':
      return leaseNamespaceSource(values, env);
    case 'metrics-addr':
    case 'health-addr':
      return { value: isOpen(values, name) ? values.get(name) : '', from };
    case 'reconcile-timeout':
      return { value: duration.show(reconcileTimeoutMs(values)), from };
    case 'kube-api-qps':
      return { value: apiLimit(values).kubeApiQps ?? null, from };
    case 'kube-api-burst':
      return { value: apiLimit(values).kubeApiQps === undefined ? null : apiLimit(values).kubeApiBurst, from };
    case 'feature-gates':
      return { value: gatesOf(values), from };
    default:
      return { value: flagRow(name).type.show(values.get(name)), from };
  }
}

function leaseNamespaceSource(values: FlagValues, env: Environment): Printed {
  const value = leaseNamespace(values, env);
  if (value !== undefined) {
    return { value, from: values.get('leader-election-namespace') === '' ? 'environment' : 'flag' };
  }
  return { value: namespaceFallback(values), from: 'default', note: "the service account's namespace comes first" };
}
