/** Asks the steps of the recordings, and holds what is answered against what was recorded. */
import assert from 'node:assert/strict';
import { decodeProto, decodeWatchFrames, encodeProto } from '../apiserver/codec/proto.ts';
import type { RecordedStep } from '../support/recordings.ts';
import type { Correspondence } from './compare.ts';
import { differences } from './differences.ts';
import type { Answer, Face } from './faces.ts';
import { attacherRules, before, type Client, during } from './script.ts';

const rbac = '/apis/rbac.authorization.k8s.io/v1';
/** Longer than any recorded answer took. */
const readForMs = 5_000;

/** Names of the differences that some step has shown. */
export const used = new Set<string>();

/** Gives the user `attacher` of the recordings its permissions. */
export async function grantAttacher(admin: Client): Promise<void> {
  const metadata = { name: 'attacher' };
  const user = { kind: 'User', name: 'system:serviceaccount:kube-system:csi-attacher' };
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'attacher' };
  await admin('POST', `${rbac}/clusterroles`, { metadata, rules: attacherRules });
  await admin('POST', `${rbac}/clusterrolebindings`, { metadata, subjects: [user], roleRef });
}

export function clientOf(face: Face): Client {
  return async (method, path, body, contentType = 'application/json') => {
    const headers = { 'content-type': contentType };
    const bytes = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
    const answer = await face.send({ method, path, as: 'admin', headers, body: bytes });
    assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${answer.body.toString()}`);
  };
}

function ask(face: Face, same: Correspondence, step: RecordedStep): Promise<Answer> {
  const { method, path, as, accept, contentType, body } = step.request;
  const headers: Record<string, string> = {};
  if (accept !== undefined) headers.accept = accept;
  if (contentType !== undefined) headers['content-type'] = contentType;
  return face.send({ method, path: same.toEmbedded(path), as: as ?? '', headers, body: bodyOf(same, body) });
}

function bodyOf(same: Correspondence, body: unknown): Uint8Array | undefined {
  if (body === undefined) return undefined;
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  // One value was too long to be written down.
  const whole = text.replace(/x repeated (\d+) times/, (_match, count: string) => 'x'.repeat(Number(count)));
  return Buffer.from(same.toEmbedded(whole));
}

/** Asks one step, does what happened before and during it, and checks the answer. Throws AssertionError. */
export async function replayStep(face: Face, same: Correspondence, key: string, step: RecordedStep): Promise<void> {
  const admin = clientOf(face);
  await before[key]?.(face, admin);
  const answering = ask(face, same, step);
  // On a real server a watch has to have begun before something happens.
  if (during[key] !== undefined) await face.letBegin?.();
  await during[key]?.(face, admin);
  checkStep(face, same, step, await (takesTime(step) ? passTime(face, answering) : answering));
}

function takesTime({ request }: RecordedStep): boolean {
  return /[?&](timeoutSeconds|timeout)=/.test(request.path);
}

/** Lets the server's clock run, if it is ours, until the answer has ended. */
async function passTime({ clock }: Face, answering: Promise<Answer>): Promise<Answer> {
  let ended = clock === undefined;
  const watched = answering.finally(() => {
    ended = true;
  });
  for (let passed = 0; passed < readForMs && !ended; passed += 500) await clock?.advance(500);
  return watched;
}

function checkStep(face: Face, same: Correspondence, step: RecordedStep, answer: Answer): void {
  const recorded = step.response;
  assert.equal(answer.status, recorded.status, answer.body.toString());
  assert.equal(answer.headers['content-type'], recorded.contentType);
  assert.equal(answer.headers.warning, recorded.warning);
  if (recorded.text !== undefined) assert.equal(answer.body.toString(), recorded.text);
  else if (recorded.bodyBase64 !== undefined) checkProto(face, same, step, answer.body);
  else if (recorded.lines !== undefined) checkValue(face, same, recorded.lines, parsedLines(answer.body));
  else checkValue(face, same, recorded.body, JSON.parse(answer.body.toString()));
}

function parsedLines(body: Buffer): unknown[] {
  const lines = body.toString().split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as unknown);
}

function checkProto(face: Face, same: Correspondence, step: RecordedStep, body: Buffer): void {
  const recorded = Buffer.from(step.response.bodyBase64 ?? '', 'base64');
  if (!step.response.contentType.endsWith('stream=watch')) {
    const object = decodeProto(body);
    if (!face.isReal) assert.deepEqual(Buffer.from(encodeProto(object)), body);
    checkValue(face, same, decodeProto(recorded), object);
    return;
  }
  const frames = (bytes: Buffer): object[] => decodeWatchFrames(bytes).map(({ type, object }) => ({ type, object }));
  checkValue(face, same, frames(recorded), frames(body));
}

function checkValue(face: Face, same: Correspondence, recorded: unknown, answer: unknown): void {
  let expected = recorded;
  let actual = answer;
  for (const difference of differences) {
    const changed = difference.expected(expected);
    if (changed !== expected) used.add(difference.name);
    expected = changed;
    // A real server has what the embedded one leaves out.
    if (face.isReal && difference.adds !== true) actual = difference.expected(actual);
    actual = difference.actual?.(actual) ?? actual;
  }
  // Others write to a real server meanwhile: a list may be newer than the recorded order of events has it.
  if (face.isReal) same.meetLater(expected, actual);
  same.check(expected, actual);
}
