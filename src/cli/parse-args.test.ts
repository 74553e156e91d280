import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Config } from './config.ts';
import { flags } from './flags.ts';
import { type Command, parseArgs } from './parse-args.ts';

function config(...argv: string[]): Config {
  const command = parseArgs(argv, {});
  if (command.kind !== 'run') throw new Error(JSON.stringify(command));
  return command.config;
}

function failure(...argv: string[]): Extract<Command, { kind: 'error' }> {
  const command = parseArgs(argv, {});
  if (command.kind !== 'error') throw new Error(JSON.stringify(command));
  return command;
}

const documented: Config = {
  defaults: 'documented',
  csiAddress: '/var/lib/csi/sockets/pluginproxy/csi.sock',
  timeoutMs: 60_000,
  defaultFsType: '',
  maxGrpcLogLength: undefined,
  workerThreads: 100,
  volumeAttachmentTimeoutMs: 900_000,
  retryIntervalStartMs: 1_000,
  retryIntervalMaxMs: 300_000,
  resyncMs: 600_000,
  reconcileSyncMs: 60_000,
  reconcileTimeoutMs: 60_000,
  maxEntries: 0,
  leaderElection: true,
  leaderElectionNamespace: undefined,
  leaderElectionNamespaceFallback: 'kube-system',
  leaderElectionLeaseName: undefined,
  leaderElectionLeaseDurationMs: 15_000,
  leaderElectionRenewDeadlineMs: 10_000,
  leaderElectionRetryPeriodMs: 5_000,
  leaderElectionLabels: {},
  kubeHttp: 'auto',
  kubeApiQps: undefined,
  kubeApiBurst: 10,
  kubeconfig: undefined,
  addresses: config().addresses,
  metricsPath: '/metrics',
  verbosity: 0,
  vmodule: [],
  loggingFormat: 'text',
  logSplitStream: false,
  featureGates: { ReleaseLeaderElectionOnExit: true, MutableCSINodeAllocatableCount: true },
};

/** What is different with the Go external-attacher's defaults. */
const upstream: Config = {
  ...documented,
  defaults: 'upstream',
  csiAddress: '/run/csi/socket',
  timeoutMs: 15_000,
  reconcileTimeoutMs: 15_000,
  workerThreads: 10,
  volumeAttachmentTimeoutMs: 0,
  leaderElection: false,
  leaderElectionNamespaceFallback: 'default',
  addresses: [],
};

test('without flags the documented defaults apply', () => {
  assert.deepEqual(config(), documented);
});

test('--defaults=upstream and the environment bring the Go attacher’s defaults, and the flag wins', () => {
  assert.deepEqual(config('--defaults=upstream'), upstream);
  const fromEnvironment = (...argv: string[]): Command => parseArgs(argv, { CSI_ATTACHER_DEFAULTS: 'upstream' });
  assert.deepEqual(fromEnvironment(), { kind: 'run', config: upstream, warnings: [] });
  assert.deepEqual(fromEnvironment('--defaults=documented'), { kind: 'run', config: documented, warnings: [] });
  assert.deepEqual(parseArgs([], { CSI_ATTACHER_DEFAULTS: '' }), parseArgs([], {}));
});

test('every flag that does something reaches its field', () => {
  const cases: [string[], Partial<Config>][] = [
    [['-csi-address=unix:///csi/csi.sock'], { csiAddress: '/csi/csi.sock' }],
    [['--csi-address', 'unix:/csi/csi.sock'], { csiAddress: '/csi/csi.sock' }],
    [['--csi-address=./csi.sock'], { csiAddress: './csi.sock' }],
    [['--timeout=1m50s'], { timeoutMs: 110_000, reconcileTimeoutMs: 110_000 }],
    [['--timeout=2m', '--reconcile-timeout=30s'], { timeoutMs: 120_000, reconcileTimeoutMs: 30_000 }],
    [['--default-fstype=ext4'], { defaultFsType: 'ext4' }],
    [['--max-grpc-log-length=0'], { maxGrpcLogLength: 0 }],
    [['-worker-threads', '500'], { workerThreads: 500 }],
    [['--volume-attachment-timeout=0'], { volumeAttachmentTimeoutMs: 0 }],
    [
      ['--retry-interval-start=500ms', '--retry-interval-max=30s'],
      { retryIntervalStartMs: 500, retryIntervalMaxMs: 30_000 },
    ],
    [['--resync=0', '--reconcile-sync=30m'], { resyncMs: 0, reconcileSyncMs: 1_800_000 }],
    [['--max-entries=200'], { maxEntries: 200 }],
    [['--leader-election=false'], { leaderElection: false }],
    [['--leader-election-namespace=storage'], { leaderElectionNamespace: 'storage' }],
    [['--leader-election-lease-name=my.lease'], { leaderElectionLeaseName: 'my.lease' }],
    [
      ['--leader-election-labels=app:x,example.com/tier:y'],
      { leaderElectionLabels: { app: 'x', 'example.com/tier': 'y' } },
    ],
    [['--kube-api-qps=100.5'], { kubeApiQps: 100.5, kubeApiBurst: 101 }],
    [['--kube-api-qps=20', '--kube-api-burst=100'], { kubeApiQps: 20, kubeApiBurst: 100 }],
    [['--kube-api-qps=-1'], {}],
    [['--kube-http=1.1'], { kubeHttp: '1.1' }],
    [['--kubeconfig=/k'], { kubeconfig: '/k' }],
    [['--metrics-path=/m'], { metricsPath: '/m' }],
    [['-v=5', '-v=6'], { verbosity: 6 }],
    [['--v=08'], { verbosity: 8 }],
    [
      ['--vmodule=reflector=4', '--vmodule=kube/*=010'],
      {
        vmodule: [
          { pattern: 'reflector', level: 4 },
          { pattern: 'kube/*', level: 10 },
        ],
      },
    ],
    [['--logging-format=json', '--log-json-split-stream'], { loggingFormat: 'json', logSplitStream: true }],
    [['--logging-format=json', '--log-text-split-stream'], { loggingFormat: 'json' }],
    [['--log-text-split-stream'], { logSplitStream: true }],
    [['--log-flush-frequency=1s', '--log-text-info-buffer-size=1Ki', '--log-json-info-buffer-size=5'], {}],
    [
      ['--feature-gates=ReleaseLeaderElectionOnExit=false'],
      { featureGates: { ReleaseLeaderElectionOnExit: false, MutableCSINodeAllocatableCount: true } },
    ],
  ];
  for (const [argv, changed] of cases) assert.deepEqual(config(...argv), { ...documented, ...changed }, argv.join(' '));
});

test('the lease’s namespace is the flag’s, else the pod’s, else left to the service account', () => {
  const namespace = (argv: string[], env: Record<string, string>): string | undefined => {
    const command = parseArgs(argv, env);
    return command.kind === 'run' ? command.config.leaderElectionNamespace : 'none';
  };
  assert.equal(namespace(['--leader-election-namespace=a'], { POD_NAMESPACE: 'b' }), 'a');
  assert.equal(namespace([], { POD_NAMESPACE: 'b' }), 'b');
  assert.equal(namespace(['--leader-election-namespace='], { POD_NAMESPACE: 'b' }), 'b');
  assert.equal(namespace([], { POD_NAMESPACE: '' }), undefined);
});

test('a command line that cannot be read exits 2, and its error is the last but one line', () => {
  for (const [argv, message] of [
    [['--nope'], 'flag provided but not defined: --nope'],
    [['--timeout=15'], /^invalid value for flag --timeout: "15" is not a Go duration such as 15s/],
    [
      ['--worker-threads=-1'],
      'invalid value for flag --worker-threads: "-1" is not a whole number from 0, such as 100',
    ],
    [['--leader-election=yes'], /^invalid value for flag --leader-election: "yes" is not true or false/],
    [['--timeout'], 'flag needs an argument: --timeout (want a Go duration such as 15s or 1m50s)'],
    [['--feature-gates=A'], /^invalid value for flag --feature-gates: "A" is not Gate=true/],
  ] as const) {
    const error = failure(...argv);
    assert.equal(error.exitCode, 2);
    const [first = '', second, ...more] = error.message.split('\n');
    assert.deepEqual([second, ...more], ['Run csi-attacher --help to see every flag.']);
    if (typeof message === 'string') assert.equal(first, message);
    else assert.match(first, message);
  }
});

test('a value that is not allowed exits 1, with flag, value and what is allowed', () => {
  const known = 'ReleaseLeaderElectionOnExit, MutableCSINodeAllocatableCount';
  for (const [argv, message] of [
    [['--worker-threads=0'], '--worker-threads is "0": must be at least 1'],
    [['--timeout=0'], '--timeout is "0s": must be more than 0s'],
    [['--timeout=-5s'], '--timeout is "-5s": must be more than 0s'],
    [['--reconcile-timeout=0s'], '--reconcile-timeout is "0s": must be more than 0s'],
    [['--volume-attachment-timeout=-1s'], '--volume-attachment-timeout is "-1s": must be 0 (off) or more'],
    [['--max-entries=2147483648'], '--max-entries is "2147483648": must be 0 (no limit) to 2147483647'],
    [['--kube-api-burst=-1'], '--kube-api-burst is "-1": must be 0 (default) or more'],
    [['--logging-format=xml'], '--logging-format is "xml": must be text or json'],
    [['--metrics-path=metrics'], '--metrics-path is "metrics": must begin with / and not be a health path'],
    [['--metrics-path=/healthz'], '--metrics-path is "/healthz": must begin with / and not be a health path'],
    [['--feature-gates=Topology=true'], `--feature-gates has the unknown gate "Topology": must be one of ${known}`],
    [['--defaults=go'], '--defaults is "go": must be documented or upstream'],
    [['--leader-election-labels=a b:c'], '--leader-election-labels has "a b:c": must be a Kubernetes label'],
    [['--leader-election-lease-name=My_lease'], /^--leader-election-lease-name is "My_lease": must be the name of an/],
    [
      ['--leader-election-lease-duration=10s'],
      '--leader-election-lease-duration is "10s": must be more than --leader-election-renew-deadline (10s)',
    ],
    [
      ['--leader-election-renew-deadline=6s'],
      '--leader-election-renew-deadline is "6s": must be more than 1.2 times --leader-election-retry-period (5s)',
    ],
    [['--leader-election-retry-period=0'], '--leader-election-retry-period is "0s": must be more than 0s'],
    [
      ['--csi-address=tcp://x:1'],
      '--csi-address is "tcp://x:1": must be a Unix socket as /path, unix:///path or unix:/path',
    ],
    [['--csi-address='], '--csi-address is "": must be a Unix socket as /path, unix:///path or unix:/path'],
    [[`--csi-address=/${'x'.repeat(107)}`], /^--csi-address is "\/x+": the path has 108 bytes: .* at most 107$/],
    [['--csi-address=unix://csi/csi.sock'], /^--csi-address is "unix:\/\/csi\/csi.sock": must be a Unix socket/],
    [['--http-endpoint=8080'], /^--http-endpoint: "8080" is not host:port/],
    [
      ['--http-endpoint=:1', '--metrics-address=:2'],
      '--metrics-address is ":2": cannot be set together with --http-endpoint (":1"): give one of the two',
    ],
  ] as const) {
    const error = failure(...argv);
    assert.equal(error.exitCode, 1, argv.join(' '));
    if (typeof message === 'string') assert.equal(error.message, message);
    else assert.match(error.message, message);
  }
});

test('several broken rules are told at once', () => {
  assert.equal(failure('--worker-threads=0', '--timeout=0', '--logging-format=x').message.split('\n').length, 3);
});

test('a wrong environment variable is told by its name', () => {
  const command = parseArgs([], { CSI_ATTACHER_DEFAULTS: 'go' });
  assert.deepEqual(command, {
    kind: 'error',
    message: 'environment variable CSI_ATTACHER_DEFAULTS is "go": must be documented or upstream',
    exitCode: 1,
  });
});

test('the election’s durations are not looked at while election is off', () => {
  assert.equal(config('--leader-election=false', '--leader-election-lease-duration=1s').leaderElection, false);
});

test('ignored flags are accepted with a warning each, whatever their value', () => {
  for (const [name, flag] of Object.entries(flags)) {
    if (!('ignored' in flag)) continue;
    const command = parseArgs([flag.type.boolean ? `--${name}=true` : `--${name}=whatever`], {});
    assert.ok(command.kind === 'run', name);
    assert.equal(command.warnings.length, 1);
    assert.ok(command.warnings[0]?.startsWith(`flag --${name} is ignored: `), command.warnings[0]);
  }
});

function warnings(...argv: string[]): readonly string[] {
  const command = parseArgs(argv, {});
  if (command.kind !== 'run') throw new Error(JSON.stringify(command));
  return command.warnings;
}

test('words behind the flags and a burst without a rate are warned about', () => {
  assert.deepEqual(warnings('--kube-api-burst=5', '--leader-election', 'false'), [
    'flag --kube-api-burst has no effect without --kube-api-qps',
    'ignored: "false"; did you mean --leader-election=false?',
  ]);
  assert.deepEqual(warnings('--leader-election', 'stray', 'words'), ['ignored: "stray" "words"']);
  assert.deepEqual(warnings('--v=5', '--', '--v=6'), ['ignored: "--v=6"']);
  assert.deepEqual(warnings('--v=5', '--'), []);
});

test('flags behind a word that is none exit 2 instead of being dropped, and what was meant is suggested', () => {
  const cases: [string[], string][] = [
    [
      ['--leader-election', 'false', '--csi-address=/csi/csi.sock', '--v=5'],
      'unexpected word "false" behind --leader-election, and flags after it, such as --csi-address=/csi/csi.sock: ' +
        'did you mean --leader-election=false?',
    ],
    [
      ['--leader-election', 'no', '-v', '5'],
      'unexpected word "no" behind --leader-election, and flags after it, such as -v: ' +
        'flags come first, and each takes one word at most',
    ],
    [
      ['--v', '5', '-', '--timeout=5s'],
      'unexpected word "-", and flags after it, such as --timeout=5s: flags come first, and each takes one word at most',
    ],
    [
      ['--leader-election=false', 'true', 'x', '--', '--v=5'],
      'unexpected word "true", and flags after it, such as --: flags come first, and each takes one word at most',
    ],
  ];
  for (const [argv, message] of cases) {
    const error = failure(...argv);
    assert.equal(error.exitCode, 2);
    assert.equal(error.message.split('\n')[0], message);
  }
});

test('what the Go attacher starts with is warned about and means what it means there', () => {
  const cases: [string, Partial<Config>, RegExp][] = [
    ['--retry-interval-start=0', { retryIntervalStartMs: 1, retryIntervalMaxMs: 1 }, /"0s": .* without backoff/],
    ['--retry-interval-max=-1s', { retryIntervalStartMs: 1, retryIntervalMaxMs: 1 }, /"-1s": .* without backoff/],
    ['--reconcile-sync=0', { reconcileSyncMs: 1 }, /"0s": .* without a pause/],
    ['--reconcile-sync=-5m', { reconcileSyncMs: 1 }, /"-5m0s": .* without a pause/],
    ['--resync=-1s', { resyncMs: 1_000 }, /"-1s": taken as 1s/],
    ['--resync=10ms', { resyncMs: 1_000 }, /"10ms": taken as 1s/],
    ['--max-entries=-5', { maxEntries: -5 }, /"-5": passed on to the driver/],
    ['--feature-gates=AllAlpha=true', {}, /has AllAlpha: no effect here/],
    ['--feature-gates=WatchList=false', {}, /has WatchList: no effect here/],
  ];
  for (const [word, changed, warning] of cases) {
    assert.deepEqual(config(word), { ...documented, ...changed }, word);
    const [only, ...more] = warnings(word);
    assert.deepEqual(more, [], word);
    assert.ok(only?.startsWith(word.slice(0, word.indexOf('='))), only);
    assert.match(only ?? '', warning);
  }
  assert.deepEqual(warnings('--resync=0', '--max-entries=0', '--reconcile-sync=1ms'), []);
  assert.equal(warnings('--feature-gates=AllBeta=true,ComponentStatusz=true,WatchList=true').length, 3);
});

test('help and version need nothing else to be right', () => {
  assert.equal(parseArgs(['-h'], { CSI_ATTACHER_DEFAULTS: 'wrong' }).kind, 'help');
  assert.equal(parseArgs(['--version', '--worker-threads=0'], {}).kind, 'version');
  assert.equal(parseArgs(['help'], {}).kind, 'help');
  assert.equal(parseArgs(['version', '--v=5'], {}).kind, 'version');
  assert.equal(parseArgs(['--version=false'], {}).kind, 'run');
});

test('no command line makes the parser throw', () => {
  const word = fc.oneof(
    fc.string(),
    fc.constantFrom(
      '--',
      '-',
      '-h',
      '--timeout',
      '--feature-gates=__proto__=true',
      '--leader-election-labels=__proto__:x',
    ),
    fc
      .tuple(
        fc.constantFrom(...Object.keys(flags)),
        fc.oneof(fc.string(), fc.constantFrom('true', '1s', '0', '1', ':0', '')),
      )
      .map(([name, value]) => `--${name}=${value}`),
  );
  const environment = fc.record({ CSI_ATTACHER_DEFAULTS: fc.option(fc.string(), { nil: undefined }) });
  fc.assert(
    fc.property(fc.array(word), environment, (argv, env) => {
      const command = parseArgs(argv, env);
      if (command.kind === 'error') assert.ok(command.message.length > 0 && [1, 2].includes(command.exitCode));
    }),
    { numRuns: 500 },
  );
});
