import process from 'node:process';
import { properties } from './checkers/index.ts';
import { draw } from './draw.ts';
import { run } from './run.ts';

/** Runs the seeds that its parent sends, one by one, and sends back their reports. */
process.on('message', (seed: number) => {
  void run(draw(seed), properties).then((report) => process.send?.(report));
});
