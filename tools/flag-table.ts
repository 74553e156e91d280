/**
 * Prints the flag table for the README, made from the code. With `--write` it puts the table between the README's
 * markers `<!-- flags -->` and `<!-- /flags -->`.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { flagTable } from '../src/cli/usage.ts';

const begin = '<!-- flags -->';
const end = '<!-- /flags -->';

/** `text` with the current table between the markers; undefined if it has no such markers. */
export function withFlagTable(text: string): string | undefined {
  const from = text.indexOf(begin);
  const to = text.indexOf(end, from);
  if (from < 0 || to < 0) return undefined;
  return `${text.slice(0, from + begin.length)}\n${flagTable()}${text.slice(to)}`;
}

export const readmePath = new URL('../README.md', import.meta.url);

if (import.meta.main) {
  if (process.argv.includes('--write')) {
    const updated = withFlagTable(readFileSync(readmePath, 'utf8'));
    if (updated === undefined) throw new Error(`README.md has no ${begin} … ${end}`);
    writeFileSync(readmePath, updated);
  } else {
    process.stdout.write(flagTable());
  }
}
