import './platform/stop-signal.ts';
import './platform/node-version.ts';
import process from 'node:process';
import { App } from './app.ts';
import { createLogger } from './base/log/create-logger.ts';
import type { Logger } from './base/log/logger.ts';
import type { Metrics } from './base/metrics.ts';
import type { Config } from './cli/config.ts';
import { parseArgs } from './cli/parse-args.ts';
import { findAccess } from './kube/access/find-access.ts';
import { systemClock } from './platform/clock.ts';
import { HttpServer } from './platform/http-server.ts';
import { idleCollector } from './platform/idle-collector.ts';
import { LogOutput } from './platform/log-output.ts';
import { processStatsReader } from './platform/process-stats.ts';
import { systemPrograms } from './platform/programs.ts';
import { stopSignal } from './platform/stop-signal.ts';
import { systemPlatform } from './platform/system-platform.ts';
import { version } from './platform/version.ts';
import { Health } from './server/health.ts';
import { createMetrics } from './server/metrics.ts';
import { registerProcessMetrics } from './server/process-metrics.ts';
import { createRouter } from './server/routes.ts';

/** From words to an exit code: 0 for an orderly end, 1 for what cannot go on, 2 for a command line that cannot be read. */
async function main(words: readonly string[]): Promise<number> {
  if (words[0] === 'explain') return runTool(words.slice(1));
  const command = parseArgs(words, process.env);
  switch (command.kind) {
    case 'help':
      process.stdout.write(command.text);
      return 0;
    case 'version':
      process.stdout.write(`csi-attacher ${version}\n`);
      return 0;
    case 'print-config':
      for (const warning of command.warnings) process.stderr.write(`${warning}\n`);
      process.stdout.write(command.text);
      return 0;
    case 'error':
      process.stderr.write(`${command.message}\n`);
      return command.exitCode;
    case 'run':
      return run(command.config, command.warnings);
  }
}

/** Tools are in a bundle of their own, so that an attacher is not larger for them. */
async function runTool(words: readonly string[]): Promise<number> {
  const { runExplain } = await import('./tools.ts');
  const { localPage } = await import('./platform/local-page.ts');
  return runExplain(
    words,
    { ...systemPlatform, programs: systemPrograms },
    {
      env: process.env,
      isTty: process.stdout.isTTY === true,
      out: (text) => void process.stdout.write(text),
      err: (text) => void process.stderr.write(text),
      page: localPage,
    },
  );
}

async function run(config: Config, warnings: readonly string[]): Promise<number> {
  const metrics = createMetrics();
  const logger = systemLogger(config, metrics);
  reportUnhandledRejections(logger);
  for (const warning of warnings) logger.warning(warning);
  logger.info('Starting csi-attacher', { version });
  const stop = await stopSignal((signal) => logger.info('Stopping', { signal }));
  if (stop.aborted) return 0;
  registerProcessMetrics(metrics, processStatsReader());
  const health = new Health();
  let app: App | undefined;
  // From the first moment on: a replica that has not begun is not ready.
  health.set('leader-election', 'live', () => app?.leaseError);
  health.set('caches', 'ready', () => (app?.synced ? undefined : 'the caches have not been read in whole yet'));
  const inspect = { attachments: () => [...(app?.attachments() ?? [])] };
  const router = createRouter({ health, metrics, metricsPath: config.metricsPath, inspect });
  const collector = idleCollector(systemClock, () => app?.synced === true);
  let server: HttpServer | undefined;
  try {
    // Before anything that can block: a probe must find out that we wait, not be refused.
    server = await HttpServer.start({ addresses: config.addresses, router, logger });
    const access = await findAccess({
      ...{ kubeconfig: config.kubeconfig, env: process.env, ...systemPlatform },
      ...{ programs: systemPrograms, logger, stop },
    });
    const started = new App({ version, config, platform: systemPlatform, access, logger, metrics });
    app = started;
    collector?.start();
    await started.run(stop);
    logger.info('Stopped');
    return 0;
  } catch (error) {
    if (stop.aborted) {
      logger.info('Stopped');
      return 0;
    }
    logger.error(error, 'Cannot go on');
    return 1;
  } finally {
    collector?.stop();
    await server?.close();
  }
}

function systemLogger(config: Config, metrics: Metrics): Logger {
  // A log that cannot be written (disk full, reader gone) must not end the attacher.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  const [stdout, stderr] = [new LogOutput(process.stdout), new LogOutput(process.stderr)];
  const dropped = metrics.counter({
    name: 'csi_attacher_log_lines_dropped_total',
    help: 'Lines of the log that were not written, since nobody read those before them.',
  });
  dropped.inc(undefined, 0);
  process.on('exit', () => {
    stdout.flush();
    stderr.flush();
  });
  const logger = createLogger({
    format: config.loggingFormat,
    verbosity: config.verbosity,
    vmodule: config.vmodule,
    clock: systemClock,
    pid: process.pid,
    write: (line, severity) => {
      const toStdout = config.logSplitStream && severity !== 'error';
      (toStdout ? stdout : stderr).write(line);
    },
  });
  for (const output of [stdout, stderr]) {
    output.onDrop = () => dropped.inc();
    output.onGap = (lines) => logger.warning('Lines are missing before this one: nobody read the log', { lines });
  }
  return logger;
}

/** Every promise has an owner; should one be let go all the same, the process ends, and says which. */
function reportUnhandledRejections(logger: Logger): void {
  process.on('unhandledRejection', (reason) => {
    const trace = reason instanceof Error ? reason.stack : undefined;
    logger.error(reason, 'A promise was rejected that nobody looks after', { trace });
    process.exit(1);
  });
}

/** How long the end waits for somebody to read the last lines of the log. */
const lastWordsMs = 500;

// Not awaited at the top level: the bundle is CommonJS, which has none of that.
void main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
  // What nobody reads would keep the process for ever.
  if (process.stdout.writableLength + process.stderr.writableLength > 0) {
    setTimeout(() => process.exit(code), lastWordsMs).unref();
  }
});
