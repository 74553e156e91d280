import process from 'node:process';
import { properties } from './checkers/index.ts';
import { draw } from './draw/draw.ts';
import { run } from './run.ts';

let last: Promise<unknown> = Promise.resolve();

/** Runs the seeds that its parent sends, one by one, and sends back their reports. */
process.on('message', (seed: number) => {
  last = last.then(() => run(draw(seed), properties)).then((report) => process.send?.(report));
});
