import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RequestWindow } from './request-window.ts';

/** Fills `count` places, which must be free. */
function fill(window: RequestWindow, count: number): number[] {
  return Array.from({ length: count }, () => {
    assert.equal(window.enter(), undefined);
    return window.mark();
  });
}

describe('a request window', () => {
  test('halves once for all that were sent before the first refusal came', () => {
    const window = new RequestWindow();
    const marks = fill(window, 100);
    for (const mark of marks) window.overloaded(mark);
    assert.equal(window.limit, 50);
  });

  test('halves again when what was sent after that is refused too, but never closes', () => {
    const window = new RequestWindow();
    for (let round = 0; round < 20; round++) {
      for (const mark of fill(window, window.limit)) window.overloaded(mark);
    }
    assert.equal(window.limit, 2);
  });

  test('opens by one for each windowful of good answers', () => {
    const window = new RequestWindow();
    for (const mark of fill(window, 20)) window.overloaded(mark);
    assert.equal(window.limit, 10);
    for (let answers = 0; answers < 12; answers++) {
      fill(window, 1);
      window.leave(true);
    }
    assert.equal(window.limit, 11);
  });

  test('admits who waits in order, as places come free', async () => {
    const window = new RequestWindow();
    fill(window, 250);
    const order: string[] = [];
    const first = window.enter()?.then((admitted) => order.push(`first ${admitted}`));
    const second = window.enter()?.then((admitted) => order.push(`second ${admitted}`));
    window.leave(true);
    await first;
    assert.deepEqual(order, ['first true']);
    window.leave(true);
    await second;
    assert.deepEqual(order, ['first true', 'second true']);
  });

  test('removes a waiting request that is cancelled', async () => {
    const window = new RequestWindow();
    fill(window, 250);
    const controller = new AbortController();
    const waiting = window.enter(controller.signal);
    controller.abort();
    assert.equal(await waiting, false);
    assert.equal(await window.enter(controller.signal), false);
    window.leave(true);
    assert.equal(window.enter(), undefined, 'the place is free for the next');
  });
});
