import process from 'node:process';
import { apply } from './apply.ts';
import { describeHunt, hunt, huntAll } from './hunt.ts';
import { mutantNamed, mutants } from './index.ts';

const usage = `Runs simulations of attachers that have a mistake in them, to see that it is found.

  tools/node testing/sim/mutants/main.ts                    a line for each mutant: seed and checker that find it
  tools/node testing/sim/mutants/main.ts NAME...            the same for these
  tools/node testing/sim/mutants/main.ts --within N NAME...  the same, in N seeds
  tools/node testing/sim/mutants/main.ts --show NAME        the first run in which it is found, made smaller
  tools/node testing/sim/mutants/main.ts --show NAME --seed N, or other flags of testing/sim/main.ts
`;

/** Shows one mutant's run as testing/sim/main.ts does. */
async function show(name: string, flags: readonly string[]): Promise<void> {
  const mutant = mutantNamed(name);
  let seed: string[] = [];
  if (!flags.some((flag) => flag === '--seed' || flag === '--options')) {
    const found = await hunt(mutant);
    process.stdout.write(`${mutant.breaks}\n${describeHunt(found)}\n`);
    if (found.caught === undefined) return;
    seed = ['--seed', String(found.caught.seed)];
  }
  apply(mutant);
  process.argv = [...process.argv.slice(0, 2), ...seed, ...flags];
  await import('../main.ts');
}

async function main(words: readonly string[]): Promise<void> {
  const [first, name, ...others] = words;
  if (first === '--show' && name !== undefined) return show(name, others);
  const seeds = first === '--within' ? Number(name) : undefined;
  const names = first === '--within' ? others : words;
  const unknown = names.find((word) => !mutants.some((mutant) => mutant.name === word));
  if (Number.isNaN(seeds) || unknown !== undefined) {
    process.stderr.write(unknown === undefined ? usage : `no mutant is named ${unknown}\n${usage}`);
    process.exitCode = 2;
    return;
  }
  const wanted = names.length === 0 ? mutants : names.map(mutantNamed);
  const hunts = await huntAll(wanted, seeds, (ended) => process.stdout.write(`${describeHunt(ended)}\n`));
  if (hunts.some(({ caught }) => caught === undefined)) process.exitCode = 1;
}

await main(process.argv.slice(2));
