/**
 * Records what kubectl asks: `tools/node testing/kubectl/replay/record.ts`, with a kubectl of version 1.30 or newer
 * on the PATH (or named by KUBECTL). Writes recordings/kubectl-<version>.json.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CoreAnswer, CoreRequest } from '../../apiserver/answers.ts';
import type { JsonObject } from '../../apiserver/object.ts';
import { startApiServer } from '../../apiserver/start.ts';
import type { WatchSink } from '../../apiserver/storage/watch.ts';
import { forKubectl } from '../index.ts';
import { findKubectl, startKubectl } from './binary.ts';
import { changingValues, gistOf, gistOfEvent, parse, type RecordedCommand, refer } from './exchanges.ts';
import { stoppedClock } from './replay.ts';
import { type Command, script } from './script.ts';

type Draft = { -readonly [K in keyof RecordedCommand['requests'][number]]: RecordedCommand['requests'][number][K] };

/** Takes down the requests of the command that runs. */
class Recorder {
  #requests: Draft[] = [];
  #answers: JsonObject[] = [];

  /** The requests since the last call. */
  take(): Draft[] {
    const taken = this.#requests;
    this.#requests = [];
    this.#answers = [];
    return taken;
  }

  get watching(): boolean {
    return this.#requests.some((request) => request.path.includes('watch='));
  }

  add(request: CoreRequest, answer: CoreAnswer): CoreAnswer {
    const draft = this.#draft(request, answer);
    this.#requests.push(draft);
    if (answer.kind === 'watch') return { ...answer, open: (sink) => answer.open(this.#tee(draft, sink)) };
    this.#answers.push(answer.kind === 'done' ? parse(answer.body) : {});
    return answer;
  }

  #draft({ method, path, headers, body }: CoreRequest, answer: CoreAnswer): Draft {
    const known = new Map<string, string>();
    for (const [index, each] of this.#answers.entries()) {
      for (const [value, reference] of changingValues(each, index)) known.set(value, reference);
    }
    const status = answer.kind === 'done' ? answer.status : 200;
    const contentType = answer.kind === 'later' ? '' : String(answer.headers['content-type']);
    const actingAs = headers['impersonate-user'];
    return {
      method,
      // The hash in the path of an OpenAPI document is that of its content.
      path: refer(path.replace(/hash=\w+&?/, ''), known),
      accept: headers.accept ?? '',
      ...(headers['content-type'] === undefined ? {} : { contentType: headers['content-type'] }),
      ...(actingAs === undefined ? {} : { actingAs }),
      ...bodyFields(body, known),
      answer: gistOf(status, contentType, answer.kind === 'done' ? answer.body : undefined),
    };
  }

  #tee(draft: Draft, sink: WatchSink): WatchSink {
    const events: ReturnType<typeof gistOfEvent>[] = [];
    draft.answer = { ...draft.answer, events };
    return {
      write: (frame) => {
        events.push(gistOfEvent(parse(frame)));
        return sink.write(frame);
      },
      end: () => sink.end(),
    };
  }
}

function bodyFields(
  body: Uint8Array | undefined,
  known: ReadonlyMap<string, string>,
): Pick<Draft, 'body' | 'bodyBase64'> {
  if (body === undefined || body.length === 0) return {};
  const bytes = Buffer.from(body);
  if (bytes.toString('latin1').startsWith('k8s\0')) return { bodyBase64: bytes.toString('base64') };
  return { body: refer(bytes.toString(), known) };
}

async function main(): Promise<void> {
  const kubectl = findKubectl();
  if (kubectl === undefined) throw new Error('no kubectl of version 1.30 or newer');
  const home = mkdtempSync(join(tmpdir(), 'kubectl-record-'));
  const server = await startApiServer({ clock: stoppedClock, extension: forKubectl() });
  try {
    const commands = await record(server, kubectl, home);
    const version = String(execFileSync(kubectl, ['version', '--client']));
    const [, full = '', minor = ''] = /v((\d+\.\d+)\S*)/.exec(version) ?? [];
    const folder = new URL('recordings/', import.meta.url);
    mkdirSync(folder, { recursive: true });
    const text = JSON.stringify({ kubectl: full, commands }, undefined, 1);
    writeFileSync(new URL(`kubectl-${minor}.json`, folder), `${text}\n`);
  } finally {
    await server.close();
    rmSync(home, { recursive: true });
  }
}

async function record(
  server: Awaited<ReturnType<typeof startApiServer>>,
  kubectl: string,
  home: string,
): Promise<RecordedCommand[]> {
  const recorder = new Recorder();
  const { core } = server;
  const handle = core.handle.bind(core);
  core.handle = (request) => recorder.add(request, handle(request));
  const kubeconfig = join(home, 'kubeconfig');
  writeFileSync(kubeconfig, server.kubeconfig());
  const commands: RecordedCommand[] = [];
  const staying: ReturnType<typeof startKubectl>[] = [];
  for (const command of script) {
    const process = startKubectl(kubectl, kubeconfig, home, command.args, command.stdin);
    if (command.stays) {
      staying.push(process);
      while (!recorder.watching) await new Promise((resolve) => setTimeout(resolve, 50));
    } else checkRun(command, await process.ended);
    commands.push({ name: command.name, requests: recorder.take() });
  }
  for (const process of staying) {
    process.stop();
    await process.ended;
  }
  return commands.map(({ name, requests }) => ({ name, requests: requests.map(withoutPassingEvents(name)) }));
}

/** Of a watch that kubectl ended itself, how much it saw before that is chance. */
function withoutPassingEvents(name: string): (request: Draft) => Draft {
  const stays = script.some((command) => command.name === name && command.stays === true);
  return (request) => {
    if (stays) return request;
    const { events: _events, ...answer } = request.answer;
    return { ...request, answer };
  };
}

function checkRun(command: Command, run: { exitCode: number; stdout: string; stderr: string }): void {
  const output = command.exitCode === 0 ? run.stdout : run.stdout + run.stderr;
  if (run.exitCode === command.exitCode && command.output.test(output)) return;
  throw new Error(`kubectl ${command.args.join(' ')}: ${run.exitCode}\n${run.stdout}${run.stderr}`);
}

await main();
