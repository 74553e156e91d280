/** One file as the rules see it. */
export interface Source {
  /** From the repository's root, with forward slashes. */
  readonly path: string;
  readonly text: string;
  /** The text with comments and the insides of strings and patterns blanked: same length, same lines, only code. */
  readonly code: string;
}

export interface Problem {
  readonly path: string;
  /** From 1. */
  readonly line: number;
  readonly message: string;
}

export function source(path: string, text: string): Source {
  return { path, text, code: codeOnly(text) };
}

export function lineOf(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}

export function isTest(path: string): boolean {
  return path.endsWith('.test.ts');
}

/** Where a slash begins a pattern instead of dividing: after these, or at the start. */
const beforePattern =
  /(?:^|[(,=:[!&|?{};+\-*%~^<>\n]|\b(?:return|typeof|case|in|of|delete|void|throw|new|else|do))\s*$/;

/** Blanks everything that is not code. Code inside `${…}` of a template stays. */
export function codeOnly(text: string): string {
  let out = '';
  let at = 0;
  /** For each open template, how many braces are open inside its current `${…}`. */
  const templates: number[] = [];

  const copy = (end: number): void => {
    out += text.slice(at, end);
    at = end;
  };
  const blank = (end: number): void => {
    out += text.slice(at, end).replace(/[^\n]/g, ' ');
    at = end;
  };
  /** Blanks the rest of a template's text, up to its end or its next `${`. */
  const template = (): void => {
    const match = /(?:\\[\s\S]|(?!\$\{)[^`\\])*/y;
    match.lastIndex = at;
    blank(at + (match.exec(text)?.[0].length ?? 0));
    if (text[at] === '`') {
      copy(at + 1);
    } else {
      templates.push(0);
      copy(at + 2);
    }
  };

  while (at < text.length) {
    const rest = text.slice(at, at + 2);
    const depth = templates.at(-1);
    if (rest === '//' || rest === '/*') blank(endOf(text, at, rest === '//' ? /\/\/[^\n]*/y : /\/\*[\s\S]*?\*\//y));
    else if (rest[0] === "'") literal(/'(?:\\.|[^'\\\n])*'/y);
    else if (rest[0] === '"') literal(/"(?:\\.|[^"\\\n])*"/y);
    else if (rest[0] === '/' && beforePattern.test(out.slice(-40))) {
      literal(/\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\//y);
    } else if (rest[0] === '`') {
      copy(at + 1);
      template();
    } else if (rest[0] === '}' && depth === 0) {
      templates.pop();
      copy(at + 1);
      template();
    } else {
      if (depth !== undefined)
        templates.push((templates.pop() ?? 0) + (rest[0] === '{' ? 1 : rest[0] === '}' ? -1 : 0));
      copy(at + 1);
    }
  }
  return out;

  function literal(pattern: RegExp): void {
    const end = endOf(text, at, pattern);
    copy(at + 1);
    if (end <= at) return;
    blank(end - 1);
    copy(end);
  }
}

function endOf(text: string, at: number, pattern: RegExp): number {
  pattern.lastIndex = at;
  return at + (pattern.exec(text)?.[0].length ?? 1);
}
