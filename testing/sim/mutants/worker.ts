import process from 'node:process';
import { apply } from './apply.ts';
import { mutantNamed } from './index.ts';

/** Runs seeds with the mutant that it was started for, one after the other, as its parent asks for them. */
const [name = ''] = process.argv.slice(2);
const checkLoaded = apply(mutantNamed(name));
const { properties } = await import('../checkers/index.ts');
const { draw } = await import('../draw/draw.ts');
const { run } = await import('../run.ts');
checkLoaded();

process.on('message', (seed: number) => {
  void run(draw(seed), properties).then((report) => process.send?.(report));
});
process.send?.('ready');
