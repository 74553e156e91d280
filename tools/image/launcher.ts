import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Platform } from './platforms.ts';
import { run } from './run.ts';

export interface LauncherSettings {
  /** V8's and Node's, in order. */
  readonly nodeArguments: readonly string[];
  /** Set unless the user has set them. */
  readonly environment: readonly (readonly [name: string, value: string])[];
}

/** The settings with which `bin/csi-attacher` starts Node: the image uses the very same. */
export function launcherSettings(script: string): LauncherSettings {
  const environment = [...script.matchAll(/^export (\w+)="\$\{\1:-(\w+)\}"$/gm)].map(
    ([, name = '', value = '']) => [name, value] as const,
  );
  const command = /^exec "\$node" ([\s\S]*?) "\$main" "\$@"$/m.exec(script)?.[1];
  if (command === undefined || environment.length === 0) {
    throw new Error(
      'bin/csi-attacher does not end with exec "$node" FLAGS "$main" "$@", or exports nothing in the form that is expected',
    );
  }
  return { nodeArguments: command.split(/[\s\\]+/).filter((word) => word !== ''), environment };
}

const source = fileURLToPath(new URL('launcher.c', import.meta.url));

/** Compiles the launcher for that platform, linked statically: it needs nothing of the image but Node. */
export function compileLauncher(platform: Platform, output: string): void {
  const { nodeArguments, environment } = launcherSettings(readFileSync('bin/csi-attacher', 'utf8'));
  const text = (value: string): string => JSON.stringify(value);
  run(`${platform.triplet}-gcc`, [
    ...['-Os', '-static', '-s', '-Wall', '-Wextra', '-Werror', '-Wl,--build-id=none'],
    `-DLAUNCHER_ARGUMENTS=${nodeArguments.map(text).join(',')}`,
    `-DLAUNCHER_ENVIRONMENT=${environment.map(([name, value]) => `{${text(name)},${text(value)}}`).join(',')}`,
    ...['-o', output, source],
  ]);
}
