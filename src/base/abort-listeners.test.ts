import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AbortListeners } from './abort-listeners.ts';

test('the listeners of a signal are called once each, in order, and no others', () => {
  const listeners = new AbortListeners();
  const [one, other] = [new AbortController(), new AbortController()];
  const told: string[] = [];
  for (const name of ['a', 'b']) listeners.add(one.signal, { cancelled: () => told.push(name) });
  listeners.add(other.signal, { cancelled: () => told.push('other') });
  one.abort();
  one.abort();
  assert.deepEqual(told, ['a', 'b']);
});

test('a removed listener is not called, even if another listener removes it at that moment', () => {
  const listeners = new AbortListeners();
  const stop = new AbortController();
  const told: string[] = [];
  const left = { cancelled: () => told.push('left') };
  const last = { cancelled: () => told.push('last') };
  listeners.add(stop.signal, left);
  listeners.add(stop.signal, {
    cancelled: () => {
      told.push('first');
      listeners.remove(stop.signal, last);
    },
  });
  listeners.add(stop.signal, last);
  listeners.remove(stop.signal, left);
  listeners.remove(new AbortController().signal, last);
  stop.abort();
  assert.deepEqual(told, ['first']);
});
