import { boolean } from './flag-types.ts';
import { isFlag, type Rest } from './go-flag.ts';

/**
 * The error for flags that stand behind a word that is none, where the Go attacher reads no further and drops them:
 * `--leader-election false --v=5`. Undefined if there are none.
 */
export function strayFlags({ words, dashes, behind }: Rest): string | undefined {
  const dropped = dashes ? undefined : words.slice(1).find(isFlag);
  if (dropped === undefined) return undefined;
  const [word = ''] = words;
  const place = behind === undefined ? '' : ` behind --${behind}`;
  const meant = suggestion(word, behind) ?? 'flags come first, and each takes one word at most';
  return `unexpected word ${JSON.stringify(word)}${place}, and flags after it, such as ${dropped}: ${meant}`;
}

/** The warning for words that no flag takes, if there are any. */
export function strayWords({ words, behind }: Rest): string[] {
  if (words.length === 0) return [];
  const meant = suggestion(words[0] ?? '', behind);
  return [`ignored: ${words.map((word) => JSON.stringify(word)).join(' ')}${meant === undefined ? '' : `; ${meant}`}`];
}

/** A boolean does not take the next word; whoever writes one there hardly knows. */
function suggestion(word: string, behind: string | undefined): string | undefined {
  if (behind === undefined || !boolean.parse(word, undefined).ok) return undefined;
  return `did you mean --${behind}=${word}?`;
}
