import { registerHooks } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type Mutant, mutate } from './mutant.ts';

const root = new URL('../../../', import.meta.url);

/**
 * Has every module of the attacher that this process loads from now on come with the mutant's edits. The files stay as
 * they are, and nothing in them knows of mutants. Returns a check that all of them were loaded.
 */
export function apply(mutant: Mutant): () => void {
  const waiting = new Map<string, string>();
  for (const { file } of mutant.edits) waiting.set(pathToFileURL(fileURLToPath(new URL(file, root))).href, file);
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      const file = waiting.get(url);
      if (file === undefined) return loaded;
      waiting.delete(url);
      const text = Buffer.from(loaded.source as Uint8Array).toString();
      return { ...loaded, source: mutate(mutant, file, text) };
    },
  });
  return () => {
    if (waiting.size === 0) return;
    throw new Error(`mutant ${mutant.name} changes what is not loaded: ${[...waiting.values()].join(', ')}`);
  };
}
