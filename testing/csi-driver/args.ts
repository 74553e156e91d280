import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { parseDuration } from '../../src/base/duration.ts';
import { notParsed, type Parsed, parsed } from '../../src/base/parsed.ts';
import { Code } from '../../src/csi/errors.ts';
import type { FaultRates } from './faults.ts';
import { type Capability, type DriverSettings, knownCapabilities } from './settings.ts';

/** What the command line asks for. */
export interface DriverArgs {
  socketPath: string;
  name: string;
  settings: Partial<DriverSettings>;
  publish: FaultRates;
  unpublish: FaultRates;
  list: FaultRates;
  /** Seed of all chance; undefined leaves it to the machine. */
  seed: number | undefined;
}

export const usage = `Runs a CSI driver for tests: real gRPC on a Unix socket, volumes that exist only in its ledger.

  npm run driver -- --socket PATH [--name NAME] [option ...]

  --socket PATH               where to listen; a socket that nobody listens on any more is replaced
  --name NAME                 what GetPluginInfo says (test.csi.example)

What kind of driver:
  --capabilities LIST         controller capabilities, with commas between them; "all" (the default) or "none"
  --no-controller-service     no controller at all
  --nodes LIST                node ids that exist (default: any)
  --known-volumes-only        only volumes that were created exist (default: any)
  --max-published-per-node N  then RESOURCE_EXHAUSTED
  --required-secret KEY=VALUE publish and unpublish ask for it
  --ready-after DURATION      Probe says "not ready" for so long
  --list-stale DURATION       ListVolumes is up to so old
  --list-page-size N          most entries on a page of ListVolumes
  --no-abort-while-pending    let operations on one volume run side by side
  --after-deadline WHAT       "finish" (the default) or "stop": what becomes of work whose caller gave up

What goes wrong (durations as Go writes them, or a range such as 1s..3s; rates from 0 to 1):
  --publish-delay DURATION    how long ControllerPublishVolume takes
  --unpublish-delay DURATION  how long ControllerUnpublishVolume takes
  --list-delay DURATION       how long ListVolumes takes
  --error-rate RATE           share of publish and unpublish calls that fail without having done anything
  --error-code LIST           the codes that they fail with, by Go's names (Unavailable)
  --lost-answer-rate RATE     share of calls that fail with such a code although they did the work
  --hang-rate RATE            share of calls that are never answered, and keep their volume busy
  --slow-rate RATE            share of calls that take longer by --slow-by
  --slow-by DURATION          (1m)
  --seed N                    makes all of it the same each time

SIGUSR2 prints the ledger as one line of JSON; SIGTERM and SIGINT print a summary of the same kind and exit.
`;

const options = {
  socket: { type: 'string' },
  name: { type: 'string', default: 'test.csi.example' },
  capabilities: { type: 'string', default: 'all' },
  'no-controller-service': { type: 'boolean', default: false },
  nodes: { type: 'string' },
  'known-volumes-only': { type: 'boolean', default: false },
  'max-published-per-node': { type: 'string' },
  'required-secret': { type: 'string' },
  'ready-after': { type: 'string', default: '0' },
  'list-stale': { type: 'string', default: '0' },
  'list-page-size': { type: 'string', default: '0' },
  'no-abort-while-pending': { type: 'boolean', default: false },
  'after-deadline': { type: 'string', default: 'finish' },
  'publish-delay': { type: 'string', default: '0' },
  'unpublish-delay': { type: 'string', default: '0' },
  'list-delay': { type: 'string', default: '0' },
  'error-rate': { type: 'string', default: '0' },
  'error-code': { type: 'string', default: 'Unavailable' },
  'lost-answer-rate': { type: 'string', default: '0' },
  'hang-rate': { type: 'string', default: '0' },
  'slow-rate': { type: 'string', default: '0' },
  'slow-by': { type: 'string', default: '1m' },
  seed: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} as const satisfies ParseArgsOptionsConfig;

/** Reads the command line; `help` if that is what it asks for. */
export function parseDriverArgs(argv: readonly string[]): Parsed<DriverArgs | 'help'> {
  try {
    const { values } = parseArgs({ args: [...argv], options, strict: true });
    if (values.help) return parsed('help');
    return parsed(interpret(values));
  } catch (error) {
    return notParsed(error instanceof Error ? error.message : String(error));
  }
}

type Values = ReturnType<typeof parseArgs<{ options: typeof options }>>['values'];

function interpret(values: Values): DriverArgs {
  if (values.socket === undefined) throw new Error('--socket is missing: the path of the socket to listen on');
  const codes = list(values['error-code']).map(code);
  const wrong: FaultRates = {
    codes,
    error: rate('error-rate', values['error-rate']),
    errorAfter: rate('lost-answer-rate', values['lost-answer-rate']),
    hang: rate('hang-rate', values['hang-rate']),
    slow: rate('slow-rate', values['slow-rate']),
    slowMs: duration('slow-by', values['slow-by']),
  };
  return {
    socketPath: values.socket,
    name: values.name,
    settings: settings(values),
    publish: { ...wrong, delayMs: durations('publish-delay', values['publish-delay']) },
    unpublish: { ...wrong, delayMs: durations('unpublish-delay', values['unpublish-delay']) },
    list: { delayMs: durations('list-delay', values['list-delay']) },
    seed: values.seed === undefined ? undefined : whole('seed', values.seed),
  };
}

function settings(values: Values): Partial<DriverSettings> {
  const most = values['max-published-per-node'];
  const secret = values['required-secret'];
  return {
    capabilities: capabilities(values.capabilities),
    controllerService: !values['no-controller-service'],
    nodes: values.nodes === undefined ? undefined : list(values.nodes),
    onlyKnownVolumes: values['known-volumes-only'],
    maxPublishedPerNode: most === undefined ? Number.POSITIVE_INFINITY : whole('max-published-per-node', most),
    requiredSecret: secret === undefined ? undefined : keyAndValue(secret),
    readyAfterMs: duration('ready-after', values['ready-after']),
    listStaleMs: duration('list-stale', values['list-stale']),
    listPageSize: whole('list-page-size', values['list-page-size']),
    abortWhilePending: !values['no-abort-while-pending'],
    afterDeadline: afterDeadline(values['after-deadline']),
  };
}

function list(text: string): string[] {
  return text.split(',').filter((part) => part !== '');
}

function capabilities(text: string): readonly Capability[] {
  if (text === 'all') return knownCapabilities;
  if (text === 'none') return [];
  return list(text).map((name) => {
    const known = knownCapabilities.find((capability) => capability === name);
    if (known === undefined) {
      throw new Error(`--capabilities: ${name} is none of ${knownCapabilities.join(', ')}, all, none`);
    }
    return known;
  });
}

function code(name: string): Code {
  const known = Object.entries(Code).find(([known]) => known === name);
  if (known === undefined || known[1] === Code.OK) {
    throw new Error(`--error-code: ${name} is none of ${Object.keys(Code).slice(1).join(', ')}`);
  }
  return known[1];
}

function duration(flag: string, text: string): number {
  const result = parseDuration(text);
  if (!result.ok) throw new Error(`--${flag}: ${result.error}`);
  if (result.value < 0) throw new Error(`--${flag}: ${text} is negative`);
  return result.value;
}

function durations(flag: string, text: string): number | readonly [number, number] {
  const [least, most] = text.split('..');
  if (least === undefined || most === undefined) return duration(flag, text);
  return [duration(flag, least), duration(flag, most)];
}

function rate(flag: string, text: string): number {
  const value = text === '' ? Number.NaN : Number(text);
  if (value >= 0 && value <= 1) return value;
  throw new Error(`--${flag}: ${JSON.stringify(text)} is no number from 0 to 1`);
}

function whole(flag: string, text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new Error(`--${flag}: ${JSON.stringify(text)} is no whole number`);
}

function keyAndValue(text: string): { key: string; value: string } {
  const at = text.indexOf('=');
  if (at <= 0) throw new Error('--required-secret: it takes the form KEY=VALUE');
  return { key: text.slice(0, at), value: text.slice(at + 1) };
}

function afterDeadline(text: string): 'finish' | 'stop' {
  if (text === 'finish' || text === 'stop') return text;
  throw new Error(`--after-deadline: ${JSON.stringify(text)} is neither finish nor stop`);
}
