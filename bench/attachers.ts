import { projectFile } from './rig/paths.ts';

/** The attacher of this project, in a list of attachers to compare. */
export const ours = 'ours';

/** An attacher to measure: what it is called in the report, and a shell command with {kubeconfig} and {socket}. */
export interface AttacherCommand {
  name: string;
  command: string;
}

/**
 * The bundle, under the flags that an image has: bin/csi-attacher adds those for V8. No shell stays above it. Roots of
 * this machine's own are left out: Node reads them all at its start, a MiB that no image has.
 */
function ourCommand(): string {
  const flags = [
    '--kubeconfig {kubeconfig}',
    '--csi-address {socket}',
    '--leader-election-namespace kube-system',
    '--metrics-addr 127.0.0.1:0',
    "--health-addr ''",
  ];
  return ['unset NODE_EXTRA_CA_CERTS; exec', quoted(projectFile('bin/csi-attacher')), ...flags].join(' ');
}

/** One name each: `ours`, or the command's file name; with a number where two are the same. */
export function nameAttachers(given: readonly string[]): AttacherCommand[] {
  const commands = given.length === 0 ? [ours] : given;
  const names = commands.map((command) => (command === ours ? ours : fileName(command)));
  return commands.map((command, index) => {
    const name = names[index] ?? '';
    const same = names.slice(0, index).filter((other) => other === name).length;
    return { name: same === 0 ? name : `${name}-${same + 1}`, command: command === ours ? ourCommand() : command };
  });
}

/** Fit for the names of drivers and objects. What a shell command may have before its file does not count. */
function fileName(command: string): string {
  const file =
    command
      .trim()
      .split(/\s+/)
      .find((word) => word !== 'exec' && word !== 'env' && !/^\w+=/.test(word)) ?? '';
  const name = file.slice(file.lastIndexOf('/') + 1).toLowerCase();
  return (
    name
      .replaceAll(/[^a-z0-9]+/g, '-')
      .replaceAll(/^-|-$/g, '')
      .slice(0, 20) || 'attacher'
  );
}

export interface Places {
  kubeconfig: string;
  socket: string;
}

/** The command with its places filled in, for `sh -c`. */
export function shellCommand(command: string, { kubeconfig, socket }: Places): string {
  return command.replaceAll('{kubeconfig}', quoted(kubeconfig)).replaceAll('{socket}', quoted(socket));
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
