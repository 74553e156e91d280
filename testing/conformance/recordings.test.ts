import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { decodeProto, decodeWatchFrames, encodeProto } from '../apiserver/codec/proto.ts';
import { type RecordedStep, recordedSteps } from '../support/recordings.ts';
import { Correspondence } from './compare.ts';
import { differences } from './differences.ts';
import { type Answer, type Face, httpsFace, memoryFace } from './faces.ts';
import { attacherRules, type Client, during, files, before as happenedBefore } from './script.ts';

const tokens = [
  { token: 'admin-token', user: 'admin', groups: ['system:masters'] },
  { token: 'attacher-token', user: 'system:serviceaccount:kube-system:csi-attacher' },
];
const rbac = '/apis/rbac.authorization.k8s.io/v1';
/** Longer than any recorded answer took. */
const readForMs = 5_000;

const faces = { memory: memoryFace, https: httpsFace };
const used = new Set<string>();

for (const [name, open] of Object.entries(faces)) {
  describe(`the embedded API server answers as the recorded one did, over ${name}`, () => {
    let face: Face;
    const same = new Correspondence();
    before(async () => {
      face = await open(tokens);
      await grantAttacher(clientOf(face));
    });
    after(() => face.close());

    for (const file of files) {
      for (const step of recordedSteps(file)) {
        it(`${file}: ${step.name}`, async () => {
          const key = `${file}: ${step.name}`;
          await happenedBefore[key]?.(face, clientOf(face));
          const answering = ask(face, same, step);
          await during[key]?.(face, clientOf(face));
          checkStep(same, step, await (takesTime(step) ? passTime(face, answering) : answering));
        });
      }
    }
  });
}

describe('the named differences', () => {
  it('all still exist', () => {
    const stale = differences.filter((difference) => !used.has(difference.name));
    assert.deepEqual(
      stale.map((difference) => difference.name),
      [],
    );
  });
});

async function grantAttacher(admin: Client): Promise<void> {
  const metadata = { name: 'attacher' };
  const user = { kind: 'User', name: 'system:serviceaccount:kube-system:csi-attacher' };
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'attacher' };
  await admin('POST', `${rbac}/clusterroles`, { metadata, rules: attacherRules });
  await admin('POST', `${rbac}/clusterrolebindings`, { metadata, subjects: [user], roleRef });
}

function clientOf(face: Face): Client {
  return async (method, path, body, contentType = 'application/json') => {
    const headers = { authorization: 'Bearer admin-token', 'content-type': contentType };
    const bytes = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
    const answer = await face.send({ method, path, headers, body: bytes });
    assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${answer.body.toString()}`);
  };
}

function ask(face: Face, same: Correspondence, step: RecordedStep): Promise<Answer> {
  const { method, path, as, accept, contentType, body } = step.request;
  const headers: Record<string, string> = {};
  if (accept !== undefined) headers.accept = accept;
  if (contentType !== undefined) headers['content-type'] = contentType;
  if (as !== '') headers.authorization = `Bearer ${as}-token`;
  return face.send({ method, path: same.toEmbedded(path), headers, body: bodyOf(same, body) });
}

function bodyOf(same: Correspondence, body: unknown): Uint8Array | undefined {
  if (body === undefined) return undefined;
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  // One value was too long to be written down.
  const whole = text.replace(/x repeated (\d+) times/, (_match, count: string) => 'x'.repeat(Number(count)));
  return Buffer.from(same.toEmbedded(whole));
}

function takesTime({ request }: RecordedStep): boolean {
  return /[?&](timeoutSeconds|timeout)=/.test(request.path);
}

/** Lets the server's clock run until the answer has ended. */
async function passTime(face: Face, answering: Promise<Answer>): Promise<Answer> {
  let ended = false;
  const watched = answering.finally(() => {
    ended = true;
  });
  for (let passed = 0; passed < readForMs && !ended; passed += 500) await face.clock.advance(500);
  return watched;
}

function checkStep(same: Correspondence, step: RecordedStep, answer: Answer): void {
  const recorded = step.response;
  assert.equal(answer.status, recorded.status, answer.body.toString());
  assert.equal(answer.headers['content-type'], recorded.contentType);
  assert.equal(answer.headers.warning, recorded.warning);
  if (recorded.text !== undefined) assert.equal(answer.body.toString(), recorded.text);
  else if (recorded.bodyBase64 !== undefined) checkProto(same, step, answer.body);
  else if (recorded.lines !== undefined) checkValue(same, recorded.lines, parsedLines(answer.body));
  else checkValue(same, recorded.body, JSON.parse(answer.body.toString()));
}

function parsedLines(body: Buffer): unknown[] {
  const lines = body.toString().split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as unknown);
}

function checkProto(same: Correspondence, step: RecordedStep, body: Buffer): void {
  const recorded = Buffer.from(step.response.bodyBase64 ?? '', 'base64');
  if (!step.response.contentType.endsWith('stream=watch')) {
    const object = decodeProto(body);
    assert.deepEqual(Buffer.from(encodeProto(object)), body);
    checkValue(same, decodeProto(recorded), object);
    return;
  }
  const frames = (bytes: Buffer): object[] => decodeWatchFrames(bytes).map(({ type, object }) => ({ type, object }));
  checkValue(same, frames(recorded), frames(body));
}

function checkValue(same: Correspondence, recorded: unknown, answer: unknown): void {
  let expected = recorded;
  let actual = answer;
  for (const difference of differences) {
    const changed = difference.expected(expected);
    if (changed !== expected) used.add(difference.name);
    expected = changed;
    actual = difference.actual?.(actual) ?? actual;
  }
  same.check(expected, actual);
}
