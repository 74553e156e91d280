/** Work that goes on while something breaks. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { Relay, type RelayOptions } from '../support/wire/relay.ts';
import { Rig, type RigOptions, until } from './rig.ts';

export async function relay(context: TestContext, options: RelayOptions): Promise<Relay> {
  const made = await Relay.start(options);
  context.after(() => made.close());
  return made;
}

/** A cluster with some work to do, and nodes for it. */
export async function rigWithWork(
  context: TestContext,
  server: RigOptions['server'] = {},
): Promise<{ rig: Rig; volumes: string[] }> {
  const rig = await Rig.start(context, { driver: {}, server });
  rig.cluster.addNodes('n1', 'n2');
  rig.driver.core.faults.set('ControllerPublishVolume', { delayMs: 50 });
  rig.driver.core.faults.set('ControllerUnpublishVolume', { delayMs: 50 });
  return { rig, volumes: rig.cluster.addVolumes(60) };
}

/** For attachers that are not to wait long for anything. */
export const flags = ['--worker-threads=8', '--retry-interval-start=100ms', '--retry-interval-max=1s', '--timeout=3s'];

/** Attaches and detaches everything while `trouble` goes on; it must come out right in the end. */
export async function workThrough(rig: Rig, volumes: readonly string[], trouble: () => Promise<void>): Promise<void> {
  const { cluster } = rig;
  cluster.attach(volumes, 'n1');
  await trouble();
  await until('all attached', () => cluster.attached === volumes.length, 60_000);
  assert.equal(rig.driver.core.ledger.size, volumes.length);
  cluster.detach(volumes, 'n1');
  await trouble();
  await until('all gone', () => cluster.attachments().length === 0, 60_000);
  rig.assertClean();
}
