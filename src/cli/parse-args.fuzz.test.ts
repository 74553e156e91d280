import assert from 'node:assert/strict';
import {
  anyOf,
  type Check,
  finite,
  listOf,
  oneOf,
  optional,
  recordOf,
  shape,
  text,
  truth,
} from '../../testing/support/declared.ts';
import { below, fuzz, pick } from '../../testing/support/fuzz.ts';
import { mutateText } from '../../testing/support/mutate.ts';
import type { VmoduleRule } from '../base/log/vmodule.ts';
import type { Random } from '../base/random.ts';
import type { ListenAddress } from './addresses.ts';
import type { Config, Environment } from './config.ts';
import { defaultSets, type FlagName, flags, httpChoices } from './flags.ts';
import { parseArgs } from './parse-args.ts';

const ms: Check<never> = (value: number) => (Number.isFinite(value) && value >= 0 ? undefined : `is ${value} ms`);

const config = shape<Config>({
  defaults: oneOf(defaultSets),
  csiAddress: text,
  timeoutMs: ms,
  defaultFsType: text,
  maxGrpcLogLength: optional(finite),
  workerThreads: finite,
  volumeAttachmentTimeoutMs: ms,
  retryIntervalStartMs: ms,
  retryIntervalMaxMs: ms,
  resyncMs: ms,
  reconcileSyncMs: ms,
  reconcileTimeoutMs: ms,
  maxEntries: finite,
  leaderElection: truth,
  leaderElectionNamespace: optional(text),
  leaderElectionNamespaceFallback: text,
  leaderElectionLeaseName: optional(text),
  leaderElectionLeaseDurationMs: finite,
  leaderElectionRenewDeadlineMs: finite,
  leaderElectionRetryPeriodMs: finite,
  leaderElectionLabels: recordOf(text),
  kubeHttp: oneOf(httpChoices),
  kubeApiQps: optional(finite),
  kubeApiBurst: finite,
  kubeconfig: optional(text),
  addresses: listOf(
    shape<ListenAddress>({
      host: optional(text),
      port: finite,
      text,
      flag: text,
      serves: recordOf(truth),
      fatalIfInUse: truth,
    }),
  ),
  metricsPath: text,
  verbosity: finite,
  vmodule: listOf(shape<VmoduleRule>({ pattern: text, level: finite })),
  loggingFormat: oneOf(['text', 'json']),
  logSplitStream: truth,
  featureGates: anyOf(
    shape<Config['featureGates']>({ ReleaseLeaderElectionOnExit: truth, MutableCSINodeAllocatableCount: truth }),
  ),
});

const names = Object.keys(flags) as FlagName[];
const values = [
  ...['', '0', '1', '-1', '1.5', '1e3', '0x10', '0b2', '1_000', '9007199254740993', '18446744073709551616', 'NaN'],
  ...['true', 'false', 'T', 'yes', '10s', '1m50s', '1h', '-5s', '0.5h', '5', '300y', '.s', '9999999h', '1ns'],
  ...[':8080', 'localhost:80', '[::1]:9', 'fd00::1:80', ':70000', 'host', '[', '/csi/csi.sock', 'unix:///x', 'tcp://x'],
  ...[
    'a:b',
    'a:b,c:d',
    '__proto__:x',
    'A=true',
    'ReleaseLeaderElectionOnExit=false',
    '__proto__=true',
    'constructor=true',
  ],
  ...['reflector=4', 'kube/*=6,x=1', '*=', 'documented', 'upstream', 'json', 'text', '/metrics', 'metrics', '/healthz'],
];

function word(random: Random): string {
  const name = random.next() < 0.95 ? pick(random, names) : mutateText(random, pick(random, names));
  const value = random.next() < 0.7 ? pick(random, values) : mutateText(random, pick(random, values));
  const whole = pick(random, [`--${name}=${value}`, `--${name}=${value}`, `-${name}=${value}`, `--${name}`, value]);
  return random.next() < 0.05 ? mutateText(random, whole) : whole;
}

function checkCommand(words: readonly string[], env: Environment): void {
  const command = parseArgs(words, env);
  switch (command.kind) {
    case 'run':
      assert.equal(config(command.config as never), undefined, JSON.stringify(words));
      assert.ok(command.warnings.every((warning) => warning.length > 0));
      return;
    case 'print-config':
      assert.equal(typeof JSON.parse(command.text), 'object');
      return;
    case 'error':
      assert.ok(command.message.length > 0);
      assert.equal(command.exitCode, command.message.endsWith('to see every flag.') ? 2 : 1);
      return;
    case 'help':
      assert.ok(command.text.startsWith('Usage:'));
      return;
    case 'version':
      return;
  }
}

fuzz('a command line is a configuration of the declared types, or an error with an exit code', 3_000, (random) => {
  const words = Array.from({ length: 1 + below(random, 4) }, () => word(random));
  if (random.next() < 0.3) words.push('--print-config');
  const env = random.next() < 0.2 ? { CSI_ATTACHER_DEFAULTS: pick(random, values), POD_NAMESPACE: 'ns' } : {};
  checkCommand(words, env);
});

fuzz('one flag with one value, each with each', names.length, (_, run) => {
  const name = names[run % names.length] as FlagName;
  for (const value of values) {
    checkCommand([`--${name}=${value}`, '--print-config'], {});
    checkCommand([`--${name}`, value, '--leader-election=false'], {});
  }
});

/** What a kernel lets through as one word. */
const longest = 128 * 1024 - 64;

fuzz('words as long as a kernel lets through take no time worth mentioning', names.length + 1, (_, run) => {
  const name = [...names, 'x'.repeat(longest)][run % (names.length + 1)];
  for (const piece of ['1', 'a', '1_', '*', '*a', ' ', '=', ',', ':', '1s', '.', '-', '[', '/', 'a=1,', 'a:b,']) {
    checkCommand([`--${name}=${piece.repeat(longest / piece.length / (run % 2 === 0 ? 1 : 7))}!`], {});
  }
});
