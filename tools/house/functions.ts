import { lineOf, type Problem, type Source } from './source.ts';

/** A function has to fit a screen. */
const longestFunction = 70;

/** What stands before a brace that opens a function's body: `) {`, `): Type {`, `=> {`. */
const opensFunction = /(?:\)\s*(?::[^;{}=]*(?:=>[^;{}=]*)?)?|=>)\s*$/;
/** What stands before the parenthesis of a statement that is no function. */
const opensStatement = /(?:^|[^\w.$#])(?:if|for|while|switch|catch|with)\s*(?:await\s*)?$/;

/** Functions longer than a screen. A `describe` only gathers tests and may be as long as they are. */
export function functionProblems({ path, code }: Source): Problem[] {
  const problems: Problem[] = [];
  const open: (number | undefined)[] = [];
  for (const { 0: brace, index } of code.matchAll(/[{}]/g)) {
    if (brace === '{') {
      open.push(isFunctionBody(code, index) ? index : undefined);
      continue;
    }
    const start = open.pop();
    if (start === undefined) continue;
    const lines = lineOf(code.slice(start, index), index);
    if (lines <= longestFunction) continue;
    const message = `a function of ${lines} lines; at most ${longestFunction} fit a screen`;
    problems.push({ path, line: lineOf(code, start), message });
  }
  return problems;
}

function isFunctionBody(code: string, brace: number): boolean {
  const before = code.slice(Math.max(0, brace - 400), brace);
  const header = opensFunction.exec(before);
  if (header === null) return false;
  if (/\bdescribe\([^;{}]*$/.test(before)) return false;
  if (!header[0].startsWith(')')) return true;
  return !opensStatement.test(before.slice(0, openingParenthesis(before, header.index)));
}

/** The place of the parenthesis that the one at `closing` closes. */
function openingParenthesis(text: string, closing: number): number {
  let depth = 0;
  for (let at = closing; at >= 0; at--) {
    if (text[at] === ')') depth++;
    if (text[at] === '(' && --depth === 0) return at;
  }
  return 0;
}
