import { type Flag, row } from './flag-row.ts';
import { boolean, string } from './flag-types.ts';

function ignored(reason: string): Flag<string> {
  return { ...row(string, '', 'Accepted for old manifests, ignored.'), ignored: reason };
}

function ignoredSwitch(reason: string): Flag<boolean> {
  return { ...row(boolean, false, 'Accepted for old manifests, ignored.'), ignored: reason };
}

const elsewhere = 'the log always goes to stderr';
const header = 'every line has its header';
const lease = 'leader election has one kind of lock, the Lease';

/**
 * Flags that still stand in manifests though the external-attacher dropped them: its own removed ones, and klog's
 * output flags. Their values are not looked at, since nothing depends on them.
 */
export const ignoredFlags = {
  'leader-election-type': ignored(lease),
  'leader-election-identity': ignored('the identity is made from the host name and is unique'),
  'connection-timeout': ignored('the attacher waits for the driver for as long as it takes'),
  dummy: ignoredSwitch('a driver without attach support is recognised by its capabilities'),
  automaxprocs: ignoredSwitch('it sets a limit of the Go runtime, which is not used here'),
  logtostderr: ignoredSwitch(elsewhere),
  alsologtostderr: ignoredSwitch(elsewhere),
  stderrthreshold: ignored(elsewhere),
  log_dir: ignored(elsewhere),
  log_file: ignored(elsewhere),
  log_file_max_size: ignored(elsewhere),
  log_backtrace_at: ignored('log lines carry no stack traces'),
  one_output: ignoredSwitch(elsewhere),
  skip_headers: ignoredSwitch(header),
  skip_log_headers: ignoredSwitch(header),
  add_dir_header: ignoredSwitch("a line's header names room and file"),
} as const;
