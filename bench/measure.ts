import { spawnSync } from 'node:child_process';
import { cpus } from 'node:os';
import { join } from 'node:path';
import type { BenchArgs } from './args.ts';
import { type AttacherCommand, nameAttachers, ours, shellCommand } from './attachers.ts';
import { Contender } from './contender.ts';
import { type AttacherFigures, reportJson, reportTable, writesText } from './report.ts';
import { type ApiServer, startApiServer } from './rig/api-server.ts';
import type { Children } from './rig/children.ts';
import { connect } from './rig/connect.ts';
import { type CsiDriver, runningDriver, startDriver } from './rig/csi-driver.ts';
import { projectFile } from './rig/paths.ts';
import { createForeign, Workload } from './workload.ts';

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
  if (attachers.some(({ name }) => name === ours)) build();
  // On a server of its own each, all are there from the start and their rounds take turns, so that a machine that grows
  // slower or faster does so for all. On one server, each would see the others' volumes: one after the other.
  const groups = args.kubeconfig === undefined ? [attachers] : attachers.map((each) => [each]);
  const figures: AttacherFigures[] = [];
  for (const group of groups) figures.push(...(await measureGroup(bench, group)));
  const { count, rounds, nodes, foreign, kubeconfig } = args;
  const server = kubeconfig === undefined ? 'embedded' : 'given';
  say(`\n${reportTable(figures)}\n\n${writesText(figures)}\n`);
  say(
    JSON.stringify({ count, rounds, nodes, foreign, server, cpus: cpus().length, attachers: figures.map(reportJson) }),
  );
}

async function measureGroup(bench: Bench, group: readonly AttacherCommand[]): Promise<AttacherFigures[]> {
  const { args, say } = bench;
  const contenders: Contender[] = [];
  for (const attacher of group) {
    say(`starting ${attacher.name}`);
    contenders.push(await startContender(bench, attacher));
  }
  for (let round = 1; round <= args.rounds; round++) {
    for (const contender of contenders) {
      say(`round ${round} of ${args.rounds}: ${contender.name}`);
      await contender.round(round);
    }
  }
  const figures: AttacherFigures[] = [];
  for (const contender of contenders) figures.push(await contender.finish());
  return figures;
}

async function startContender(bench: Bench, { name, command }: AttacherCommand): Promise<Contender> {
  const { args, children } = bench;
  const server = await serverFor(bench, name);
  const driver = await driverFor(bench, name);
  if (args.foreign > 0) await createForeign(server.api, args.foreign);
  const { count, nodes } = args;
  const workload = new Workload(`bench-${name}`, { count, nodes, ...args.driver, driver: driver.name });
  await workload.create(server.api);
  const places = { kubeconfig: server.attacherKubeconfig, socket: driver.socket };
  const attacher = children.start({ name, command: 'sh', args: ['-c', shellCommand(command, places)] });
  const contender = new Contender({ name, server, driver, workload, attacher });
  await contender.settle();
  return contender;
}

async function serverFor({ args, children, directory }: Bench, name: string): Promise<ApiServer> {
  const { kubeconfig, attacherKubeconfig = kubeconfig } = args;
  if (kubeconfig === undefined || attacherKubeconfig === undefined) {
    return startApiServer(children, directory, `apiserver-of-${name}`);
  }
  return { api: await connect(kubeconfig), adminKubeconfig: kubeconfig, attacherKubeconfig };
}

async function driverFor({ args, children, directory }: Bench, name: string): Promise<CsiDriver> {
  if (args.driver !== undefined) return runningDriver(args.driver);
  const socket = join(directory, `${name}.sock`);
  return startDriver(children, { socket, name: `${name}.bench.csi.example.com`, logName: `driver-of-${name}` });
}

/** The bundle from the sources as they are now. Throws if it cannot be built. */
function build(): void {
  const { status, stderr } = spawnSync(projectFile('tools/node'), [projectFile('tools/build.ts')], {
    cwd: projectFile('.'),
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`cannot build the attacher:\n${stderr}`);
}
