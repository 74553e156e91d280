import { notParsed, type Parsed, parsed } from './parsed.ts';

/** Verbosity for the places whose name matches; the first match counts. */
export interface VmoduleRule {
  /** As given: `reflector` means every file of that name, `kube/*` a path. */
  readonly pattern: string;
  readonly level: number;
}

const allowed = 'pattern=level pairs, such as reflector=4,kube/*=6';

/** Reads the value of `--vmodule`. */
export function parseVmodule(text: string): Parsed<readonly VmoduleRule[]> {
  const rules: VmoduleRule[] = [];
  for (const pair of text.split(',')) {
    if (pair.trim() === '') continue;
    const match = /^\s*([^=\s]+)=(\d{1,9})\s*$/.exec(pair);
    if (!match) return notParsed(`${JSON.stringify(pair)} is not one of ${allowed}`);
    rules.push({ pattern: match[1] ?? '', level: Number(match[2]) });
  }
  return parsed(rules);
}

/** The verbosity that holds for `source` (`kube/reflector`): the first rule's that matches it, else the general one. */
export function verbosityOf(source: string, rules: readonly VmoduleRule[], general: number): number {
  const file = source.slice(source.lastIndexOf('/') + 1);
  const rule = rules.find(({ pattern }) => matches(pattern, pattern.includes('/') ? source : file));
  return rule?.level ?? general;
}

/**
 * `*` is any number of characters, `?` one: in klog too they do not stop at a slash of their own. Not made into a regular
 * expression, which would try every way to share a long name among many stars.
 */
function matches(pattern: string, name: string): boolean {
  let at = 0;
  let star = -1;
  /** How far the last star reaches; it takes one character more whenever what follows it does not fit. */
  let reach = 0;
  for (let read = 0; read < name.length; ) {
    const wanted = pattern[at];
    if (wanted === '*') {
      star = at++;
      reach = read;
    } else if (wanted === '?' || wanted === name[read]) {
      at++;
      read++;
    } else if (star >= 0) {
      at = star + 1;
      read = ++reach;
    } else return false;
  }
  while (pattern[at] === '*') at++;
  return at === pattern.length;
}
