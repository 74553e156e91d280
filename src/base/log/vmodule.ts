import { notParsed, type Parsed, parsed } from '../parsed.ts';

/** More verbosity for the places whose name matches; the first match counts. */
export interface VmoduleRule {
  /** As given: `reflector` means every file of that name, `kube/*` a path. */
  readonly pattern: string;
  readonly level: number;
}

const allowed = 'pattern=level pairs, such as reflector=4,kube/*=6';
const largestLevel = 2 ** 31 - 1;

/** Reads a verbosity as klog does, in decimal whatever it begins with; undefined if it is none. */
export function parseLevel(text: string): number | undefined {
  const level = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  return level <= largestLevel ? level : undefined;
}

/** Reads the value of `--vmodule`. */
export function parseVmodule(text: string): Parsed<readonly VmoduleRule[]> {
  const rules: VmoduleRule[] = [];
  for (const pair of text.split(',')) {
    if (pair.trim() === '') continue;
    const [, pattern, digits] = /^\s*([^=\s]+)=(\d+)\s*$/.exec(pair) ?? [];
    const level = parseLevel(digits ?? '');
    if (pattern === undefined || level === undefined) {
      return notParsed(`${JSON.stringify(pair)} is not one of ${allowed}`);
    }
    rules.push({ pattern, level });
  }
  return parsed(rules);
}

/**
 * The verbosity that holds for `place` (`kube/cache/reflector`): the general one, or that of the first rule that matches it
 * if that is more. As in klog, a rule of level 0 is none.
 */
export function verbosityOf(place: string, rules: readonly VmoduleRule[], general: number): number {
  const file = place.slice(place.lastIndexOf('/') + 1);
  const rule = rules.find(({ pattern, level }) => level > 0 && matches(pattern, pattern.includes('/') ? place : file));
  return Math.max(general, rule?.level ?? 0);
}

/** One character of a name, or any number of them. */
type Part = '*' | ((character: string) => boolean);

/**
 * Go's filepath.Match: `*` is any number of characters, `?` one, `[a-c]` one of these, `[^a-c]` one of the others, and a
 * backslash takes the next character as it is. Not made into a regular expression, which would try every way to share a
 * long name among many stars. In klog too a star does not stop at a slash of its own.
 */
function matches(pattern: string, name: string): boolean {
  const parts = patternParts(pattern);
  if (parts === undefined) return false;
  let at = 0;
  let star = -1;
  /** How far the last star reaches; it takes one character more whenever what follows it does not fit. */
  let reach = 0;
  for (let read = 0; read < name.length; ) {
    const part = parts[at];
    if (part === '*') {
      star = at++;
      reach = read;
    } else if (part?.(name[read] ?? '')) {
      at++;
      read++;
    } else if (star >= 0) {
      at = star + 1;
      read = ++reach;
    } else return false;
  }
  while (parts[at] === '*') at++;
  return at === parts.length;
}

/** Undefined if Go would call the pattern malformed: it matches nothing then. */
function patternParts(pattern: string): Part[] | undefined {
  const parts: Part[] = [];
  for (let at = 0; at < pattern.length; ) {
    const character = pattern[at];
    if (character === '*') parts.push('*');
    else if (character === '?') parts.push(() => true);
    else if (character === '[') {
      const found = characterClass(pattern, at);
      if (found === undefined) return undefined;
      parts.push(found.part);
      at = found.end;
      continue;
    } else {
      if (character === '\\') at++;
      const wanted = pattern[at];
      if (wanted === undefined) return undefined;
      parts.push((read) => read === wanted);
    }
    at++;
  }
  return parts;
}

/** The class that begins at `start`, and where it ends: `[a-c\]x]`, `[^a]`. It has one range or more. */
function characterClass(pattern: string, start: number): { part: Part; end: number } | undefined {
  const ranges: [low: string, high: string][] = [];
  let at = start + 1;
  const negated = pattern[at] === '^';
  if (negated) at++;
  const one = (): string | undefined => {
    if (pattern[at] === '-' || pattern[at] === ']') return undefined;
    if (pattern[at] === '\\') at++;
    return pattern[at++];
  };
  while (ranges.length === 0 || pattern[at] !== ']') {
    const low = one();
    let high = low;
    if (pattern[at] === '-') {
      at++;
      high = one();
    }
    if (low === undefined || high === undefined) return undefined;
    ranges.push([low, high]);
  }
  const part = (read: string): boolean => ranges.some(([low, high]) => low <= read && read <= high) !== negated;
  return { part, end: at + 1 };
}
