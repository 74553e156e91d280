import { Options, UsageError } from './rig/options.ts';

export interface BenchArgs {
  /** Volumes in a burst. */
  count: number;
  /** Bursts of attaches, each followed by one of detaches. */
  rounds: number;
  nodes: number;
  /** PersistentVolumes and VolumeAttachments of another driver, each so many, there before the attacher starts. */
  foreign: number;
  /** Shell commands with {kubeconfig} and {socket}; empty: ours. */
  attachers: readonly string[];
  /** A real API server, as whoever may create everything. */
  kubeconfig: string | undefined;
  /** What {kubeconfig} stands for on a real API server; the same file if it is not given. */
  attacherKubeconfig: string | undefined;
  /** A driver that runs already. */
  driver: RunningDriver | undefined;
  /** Measure the embedded API server itself. */
  serverOnly: boolean;
  /** Watches open on the server while it is measured itself. */
  watchers: number;
  keepLogs: boolean;
}

interface RunningDriver {
  socket: string;
  name: string;
  /** File with one volume handle in each line: volumes that the driver has. */
  handles: string | undefined;
  /** The only node id the driver knows. */
  nodeId: string | undefined;
}

export const benchUsage = `Measures attachers: bursts of attaches and detaches on the embedded API server and CSI driver.

  npm run bench -- [options]

  --count N                volumes in a burst (1000)
  --rounds N               bursts of attaches and detaches, the first one cold (3)
  --nodes N                nodes over which the volumes are spread (20)
  --foreign N              N PersistentVolumes and N VolumeAttachments of another driver, loaded first (0)
  --attacher 'COMMAND'     an attacher to measure, as a shell command in which {kubeconfig} and {socket} are replaced;
                           again for another one: their rounds take turns. Without it: ours, as the bundle
                           dist/csi-attacher.cjs, which is built first. 'ours' stands for it in a comparison
  --kubeconfig FILE        a real API server instead of the embedded one; attachers then go one after the other
  --attacher-kubeconfig FILE   what {kubeconfig} stands for on it (--kubeconfig)
  --socket PATH            a CSI driver that runs already; needs --driver-name
  --driver-name NAME       its name
  --handles FILE           volume handles that it knows, one in each line
  --node-id ID             the one node id that it knows
  --server-only            how many PATCHes a second the embedded API server takes, with watches open
  --watchers N             how many watches (4)
  --keep-logs              leave the logs of all processes where they are, and say where
  --help                   this text

The last line is the result as JSON. Exit codes: 0, 1 something failed, 2 wrong arguments.
`;

/** Undefined if only the usage is asked for. Throws UsageError. */
export function parseBenchArgs(args: readonly string[]): BenchArgs | undefined {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const options = new Options(args, {
    count: text,
    rounds: text,
    nodes: text,
    foreign: text,
    attacher: { type: 'string', multiple: true },
    kubeconfig: text,
    'attacher-kubeconfig': text,
    socket: text,
    'driver-name': text,
    handles: text,
    'node-id': text,
    'server-only': flag,
    watchers: text,
    'keep-logs': flag,
    help: { type: 'boolean', short: 'h' },
  });
  if (options.flag('help')) return undefined;
  const parsed: BenchArgs = {
    count: options.whole('count', 1_000, 1),
    rounds: options.whole('rounds', 3, 1),
    nodes: options.whole('nodes', 20, 1),
    foreign: options.whole('foreign', 0, 0),
    attachers: options.texts('attacher'),
    kubeconfig: options.text('kubeconfig'),
    attacherKubeconfig: options.text('attacher-kubeconfig') ?? options.text('kubeconfig'),
    driver: runningDriver(options),
    serverOnly: options.flag('server-only'),
    watchers: options.whole('watchers', 4, 0),
    keepLogs: options.flag('keep-logs'),
  };
  refuseContradictions(parsed);
  return parsed;
}

function runningDriver(options: Options): RunningDriver | undefined {
  const [socket, name] = [options.text('socket'), options.text('driver-name')];
  const [handles, nodeId] = [options.text('handles'), options.text('node-id')];
  if (socket !== undefined && name !== undefined) return { socket, name, handles, nodeId };
  if (socket !== undefined) throw new UsageError('--socket needs --driver-name');
  for (const given of ['driver-name', 'handles', 'node-id']) {
    if (options.text(given) !== undefined) throw new UsageError(`--${given} needs --socket`);
  }
  return undefined;
}

function refuseContradictions({ serverOnly, attachers, kubeconfig, attacherKubeconfig, driver }: BenchArgs): void {
  if (attacherKubeconfig !== undefined && kubeconfig === undefined) {
    throw new UsageError('--attacher-kubeconfig needs --kubeconfig');
  }
  if (serverOnly && (attachers.length > 0 || kubeconfig !== undefined || driver !== undefined)) {
    throw new UsageError('--server-only measures the embedded API server: no --attacher, --kubeconfig or --socket');
  }
  if (driver !== undefined && attachers.length > 1 && kubeconfig === undefined) {
    throw new UsageError('--socket with several --attacher needs --kubeconfig: two would share the one driver');
  }
}
