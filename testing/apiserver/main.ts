/** `npm run apiserver -- --kubeconfig FILE [--port N] [--kubernetes 1.16]`: the embedded API server alone. */
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { systemClock } from '../../src/platform/clock.ts';
import { forKubectl } from '../kubectl/index.ts';
import { parseTokenFile, type TokenEntry } from './access/tokens.ts';
import { VolumeController } from './controllers/volume-controller.ts';
import { allFeatures, featuresOf, type ServerFeatures } from './features.ts';
import { startApiServer } from './start.ts';

const usage = `usage: npm run apiserver -- --kubeconfig FILE [--port N] [--host ADDRESS] [--tokens FILE]
                                [--kubernetes VERSION] [--no-controllers]

  --kubeconfig FILE  where to write a kubeconfig whose user may do all
  --port N           port to listen on (any free one if 0 or not given)
  --host ADDRESS     address to listen on (127.0.0.1 if not given)
  --tokens FILE      more users: one token,user,uid,"group,group" a line
  --kubernetes 1.N   serve what that version served, from 1.13 on (1.36 if not given)
  --no-controllers   nobody shows the phase of volumes and claims, or takes protection finalizers off
`;

class UsageError extends Error {}

interface Arguments {
  kubeconfig: string;
  port: number;
  host: string | undefined;
  tokens: readonly TokenEntry[];
  features: ServerFeatures;
  controllers: boolean;
}

function readArguments(argv: readonly string[]): Arguments {
  const values = parseFlags(argv);
  if (values.kubeconfig === undefined) throw new UsageError('--kubeconfig FILE is needed');
  const port = values.port ?? '0';
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) {
    throw new UsageError(`--port ${JSON.stringify(port)}: expected a number from 0 to 65535`);
  }
  const tokens = values.tokens === undefined ? [] : readTokens(values.tokens);
  const features = values.kubernetes === undefined ? allFeatures : readVersion(values.kubernetes);
  const controllers = values['no-controllers'] !== true;
  return { kubeconfig: values.kubeconfig, port: Number(port), host: values.host, tokens, features, controllers };
}

function readVersion(version: string): ServerFeatures {
  const minor = Number(/^v?1\.(\d{2})(\.\d+)?$/.exec(version)?.[1]);
  if (minor >= 13) return featuresOf(minor);
  throw new UsageError(`--kubernetes ${JSON.stringify(version)}: expected a version such as 1.16, not before 1.13`);
}

function parseFlags(argv: readonly string[]) {
  const text = { type: 'string' } as const;
  try {
    const options = {
      kubeconfig: text,
      port: text,
      host: text,
      tokens: text,
      kubernetes: text,
      'no-controllers': { type: 'boolean' },
    } as const;
    return parseArgs({ args: [...argv], options, allowPositionals: false }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function readTokens(file: string): TokenEntry[] {
  try {
    return parseTokenFile(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new UsageError(`--tokens ${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function main(argv: readonly string[]): Promise<void> {
  if (argv.includes('--help') || argv.includes('-h')) return void process.stdout.write(usage);
  const { kubeconfig, controllers, ...options } = readArguments(argv);
  const server = await startApiServer({ ...options, extension: forKubectl() });
  if (controllers) {
    new VolumeController({ server: server.core, clock: systemClock, token: server.token('admin') }).start();
  }
  try {
    writeFileSync(kubeconfig, server.kubeconfig(), { mode: 0o600 });
  } catch (error) {
    await server.close();
    throw error;
  }
  // Before anybody can know that there is something to stop.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void server.close());
  process.stdout.write(`API server listens on ${server.url}\n`);
  process.stdout.write(`try: kubectl --kubeconfig ${kubeconfig} get volumeattachments\n`);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`apiserver: ${message}\n${error instanceof UsageError ? usage : ''}`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
});
