import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inWorld } from '../../../testing/support/world.ts';

test('a backlog that is old is logged, with its size and age, and a young one is not', async () => {
  await inWorld({ flags: ['--worker-threads=1', '--timeout=10m'] }, async (world) => {
    await world.addNode('n1');
    world.driver.faults.set('ControllerPublishVolume', { delayMs: 300_000 });
    for (const name of ['a', 'b', 'c']) {
      await world.addVolume(name);
      await world.addAttachment(name, name, 'n1');
    }
    const lines = (): string[] => world.log.filter((line) => line.includes('Attachments wait for a worker'));
    await world.clock.advance(29_000);
    assert.deepEqual(lines(), []);
    await world.clock.advance(31_000);
    assert.match(lines()[0] ?? '', /^W.*operation="attach" waiting=2 running=1 workers=1 oldest="(30|59|1m)/);
  });
});
