import { Options } from '../bench/rig/options.ts';

export interface DemoArgs {
  volumes: number;
  nodes: number;
  /** Leave everything running at the end. */
  keep: boolean;
  /** The summary once more as JSON, as the last line. */
  json: boolean;
}

export const demoUsage = `Shows two attachers at work on an embedded API server and CSI driver, and the leader's end half-way.

  make demo [ARGS='...']        or        npm run demo -- [...]

  --keep        leave everything running at the end, and say what to try
  --json        the summary as JSON on the last line
  --volumes N   how many volumes come and go (300)
  --nodes N     on how many nodes (12)
  --help        this text

It ends by itself within a minute. Exit codes: 0 if every volume was attached and detached and the driver has nothing
published any more, 1 if not, 2 for wrong arguments.
`;

/** Undefined if only the usage is asked for. Throws UsageError. */
export function parseDemoArgs(args: readonly string[]): DemoArgs | undefined {
  const options = new Options(args, {
    keep: { type: 'boolean' },
    json: { type: 'boolean' },
    volumes: { type: 'string' },
    nodes: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  });
  if (options.flag('help')) return undefined;
  return {
    volumes: options.whole('volumes', 300, 1),
    nodes: options.whole('nodes', 12, 1),
    keep: options.flag('keep'),
    json: options.flag('json'),
  };
}
