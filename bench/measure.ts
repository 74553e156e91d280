import { cpus } from 'node:os';
import { join } from 'node:path';
import type { BenchArgs } from './args.ts';
import { type AttacherCommand, nameAttachers, ours, shellCommand } from './attachers.ts';
import { buildBundle } from './bundle.ts';
import { Contender } from './contender.ts';
import { type AttacherFigures, reportJson, reportTable, writesText } from './report.ts';
import { type ApiServer, startApiServer } from './rig/api-server.ts';
import type { Children } from './rig/children.ts';
import { connect } from './rig/connect.ts';
import { type CsiDriver, runningDriver, startDriver } from './rig/csi-driver.ts';
import { createForeign, deleteForeign, Workload } from './workload.ts';

export interface Bench {
  args: BenchArgs;
  children: Children;
  /** For logs, sockets and kubeconfigs. */
  directory: string;
  /** Writes a line for people. */
  say(line: string): void;
}

/** Measures every attacher, prints the table, and the JSON as the last line. */
export async function measureAttachers(bench: Bench): Promise<void> {
  const { args, say } = bench;
  const attachers = nameAttachers(args.attachers);
  if (attachers.some(({ name }) => name === ours)) buildBundle();
  const figures = args.kubeconfig === undefined ? await inTurn(bench, attachers) : await oneByOne(bench, attachers);
  const { count, rounds, nodes, foreign, kubeconfig } = args;
  const server = kubeconfig === undefined ? 'embedded' : 'given';
  say(`\n${reportTable(figures)}\n\n${writesText(figures)}\n`);
  say(
    JSON.stringify({ count, rounds, nodes, foreign, server, cpus: cpus().length, attachers: figures.map(reportJson) }),
  );
}

/** Each on a server of its own, all from the start: a machine that grows slower or faster does so for all of them. */
async function inTurn(bench: Bench, attachers: readonly AttacherCommand[]): Promise<AttacherFigures[]> {
  const { args, children, directory } = bench;
  const contenders: Contender[] = [];
  for (const attacher of attachers) {
    const server = await startApiServer(children, directory, { name: `apiserver-of-${attacher.name}` });
    if (args.foreign > 0) await createForeign(server.api, args.foreign);
    contenders.push(await startContender(bench, attacher, server));
  }
  await measureRounds(bench, contenders);
  const figures: AttacherFigures[] = [];
  for (const contender of contenders) figures.push(await contender.finish({ cleanUp: false }));
  return figures;
}

/** All on one server, one after the other: each would see the others' volumes. */
async function oneByOne(bench: Bench, attachers: readonly AttacherCommand[]): Promise<AttacherFigures[]> {
  const { kubeconfig = '', attacherKubeconfig = kubeconfig, foreign } = bench.args;
  const api = await connect(kubeconfig);
  const server: ApiServer = { api, adminKubeconfig: kubeconfig, attacherKubeconfig };
  const figures: AttacherFigures[] = [];
  await createForeign(api, foreign);
  try {
    for (const attacher of attachers) {
      const contender = await startContender(bench, attacher, server);
      await measureRounds(bench, [contender]);
      figures.push(await contender.finish({ cleanUp: true }));
    }
  } finally {
    await deleteForeign(api, foreign);
    api.close();
  }
  return figures;
}

async function measureRounds({ args, say }: Bench, contenders: readonly Contender[]): Promise<void> {
  for (let round = 1; round <= args.rounds; round++) {
    for (const contender of contenders) {
      say(`round ${round} of ${args.rounds}: ${contender.name}`);
      await contender.round(round);
    }
  }
}

async function startContender(bench: Bench, attacher: AttacherCommand, server: ApiServer): Promise<Contender> {
  const { args, children, say } = bench;
  const { name, command } = attacher;
  say(`starting ${name}`);
  const driver = await driverFor(bench, name);
  const { count, nodes } = args;
  const workload = new Workload(`bench-${name}`, { count, nodes, ...args.driver, driver: driver.name });
  await workload.create(server.api);
  const places = { kubeconfig: server.attacherKubeconfig, socket: driver.socket };
  const child = children.start({ name, command: 'sh', args: ['-c', shellCommand(command, places)] });
  const contender = new Contender({ name, server, driver, workload, attacher: child });
  await contender.settle();
  return contender;
}

async function driverFor({ args, children, directory }: Bench, name: string): Promise<CsiDriver> {
  if (args.driver !== undefined) return runningDriver(args.driver);
  const socket = join(directory, `${name}.sock`);
  return startDriver(children, { socket, name: `${name}.bench.csi.example.com`, logName: `driver-of-${name}` });
}
