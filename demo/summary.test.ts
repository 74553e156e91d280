import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Findings, summarize, summaryText } from './summary.ts';

const good: Findings = {
  volumes: 300,
  nodes: 12,
  attached: 300,
  detached: 300,
  volumesReleased: 300,
  publishCalls: 304,
  unpublishCalls: 300,
  failedCalls: 4,
  errorsShown: 3,
  overlappingCalls: 0,
  stillPublished: 0,
  killed: 'attacher-1',
  successor: 'attacher-2',
  takeoverSeconds: 4.21,
  firstOperationSeconds: 4.48,
  elapsedSeconds: 27.3,
};

test('it went well if every volume came and went, nothing is left, and somebody took over', () => {
  assert.deepEqual(summarize(good), { ok: true, problems: [], ...good });
});

test('each thing that must not happen is named', () => {
  const cases: [Partial<Findings>, RegExp][] = [
    [{ attached: 299 }, /1 of 300 volumes were never attached/],
    [{ detached: 290 }, /10 of 300 volumes were not detached/],
    [{ stillPublished: 2 }, /still has 2 volumes published/],
    [{ volumesReleased: 299 }, /1 PersistentVolumes did not go/],
    [{ overlappingCalls: 1 }, /1 driver calls came while one was under way/],
    [{ killed: undefined }, /No leader was killed/],
    [{ successor: undefined }, /Nobody led after/],
  ];
  for (const [change, expected] of cases) {
    const { ok, problems } = summarize({ ...good, ...change });
    assert.equal(ok, false);
    assert.equal(problems.length, 1);
    assert.match(problems[0] ?? '', expected);
  }
});

test('the text says how it went and how long the take-over took', () => {
  const text = summaryText(summarize(good));
  assert.match(text, /attacher-1 by SIGKILL; attacher-2 led 4\.2 s later, its first operation was done after 4\.5 s/);
  assert.match(text, /Every volume was attached and detached\.$/);
  assert.match(summaryText(summarize({ ...good, detached: 1 })), /This went wrong:\n {2}299 of 300 volumes were not/);
});
