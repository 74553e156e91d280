/** What Go's encoding/json says about text that is not JSON; clients show these messages, so they are kept. */
export function goJsonError(text: string): string | undefined {
  const scanner: Scanner = { text, at: 0 };
  try {
    readValue(scanner, 'looking for beginning of value');
    skipSpace(scanner);
    if (scanner.at < text.length) fail(scanner, 'after top-level value');
    return undefined;
  } catch (error) {
    if (error instanceof JsonProblem) return error.message;
    throw error;
  }
}

class JsonProblem extends Error {}

interface Scanner {
  readonly text: string;
  at: number;
}

function fail(scanner: Scanner, context: string): never {
  const character = scanner.text[scanner.at];
  if (character === undefined) throw new JsonProblem('unexpected end of JSON input');
  const shown = character === "'" ? "'\\''" : character === '"' ? `'"'` : `'${character}'`;
  throw new JsonProblem(`invalid character ${shown} ${context}`);
}

function skipSpace(scanner: Scanner): void {
  while (' \t\r\n'.includes(scanner.text[scanner.at] ?? 'x')) scanner.at++;
}

function readValue(scanner: Scanner, context: string): void {
  skipSpace(scanner);
  const character = scanner.text[scanner.at];
  if (character === '{') readObject(scanner);
  else if (character === '[') readArray(scanner);
  else if (character === '"') readString(scanner);
  else if (character === 't') readLiteral(scanner, 'true');
  else if (character === 'f') readLiteral(scanner, 'false');
  else if (character === 'n') readLiteral(scanner, 'null');
  else if (character !== undefined && /[-0-9]/.test(character)) readNumber(scanner);
  else fail(scanner, context);
}

function readObject(scanner: Scanner): void {
  scanner.at++;
  skipSpace(scanner);
  if (scanner.text[scanner.at] === '}') return void scanner.at++;
  for (;;) {
    skipSpace(scanner);
    if (scanner.text[scanner.at] !== '"') fail(scanner, 'looking for beginning of object key string');
    readString(scanner);
    skipSpace(scanner);
    if (scanner.text[scanner.at] !== ':') fail(scanner, 'after object key');
    scanner.at++;
    readValue(scanner, 'looking for beginning of value');
    skipSpace(scanner);
    const next = scanner.text[scanner.at];
    if (next === '}') return void scanner.at++;
    if (next !== ',') fail(scanner, 'after object key:value pair');
    scanner.at++;
  }
}

function readArray(scanner: Scanner): void {
  scanner.at++;
  skipSpace(scanner);
  if (scanner.text[scanner.at] === ']') return void scanner.at++;
  for (;;) {
    readValue(scanner, 'looking for beginning of value');
    skipSpace(scanner);
    const next = scanner.text[scanner.at];
    if (next === ']') return void scanner.at++;
    if (next !== ',') fail(scanner, 'after array element');
    scanner.at++;
  }
}

function readString(scanner: Scanner): void {
  scanner.at++;
  for (;;) {
    const character = scanner.text[scanner.at];
    if (character === undefined || character < ' ') fail(scanner, 'in string literal');
    if (character === '"') return void scanner.at++;
    if (character === '\\') {
      scanner.at++;
      if (!'"\\/bfnrtu'.includes(scanner.text[scanner.at] ?? ' ')) fail(scanner, 'in string escape code');
    }
    scanner.at++;
  }
}

function readLiteral(scanner: Scanner, literal: string): void {
  for (let index = 0; index < literal.length; index++) {
    if (scanner.text[scanner.at] !== literal[index]) {
      fail(scanner, `in literal ${literal} (expecting '${literal[index]}')`);
    }
    scanner.at++;
  }
}

function readNumber(scanner: Scanner): void {
  const match = /^-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?/.exec(scanner.text.slice(scanner.at));
  if (match === null) {
    scanner.at++;
    fail(scanner, 'in numeric literal');
  }
  scanner.at += match[0].length;
}
