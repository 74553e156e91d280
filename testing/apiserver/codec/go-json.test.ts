import assert from 'node:assert/strict';
import { it } from 'node:test';
import { goJsonError } from './go-json.ts';

const cases: [string, string | undefined][] = [
  ['{"a": [1, -2.5e3, true, null, "x\\n"], "b": {}}', undefined],
  ['{not json', "invalid character 'n' looking for beginning of object key string"],
  ['', 'unexpected end of JSON input'],
  ['{"a" 1}', "invalid character '1' after object key"],
  ['{"a": 1 "b"}', "invalid character '\"' after object key:value pair"],
  ['[1 2]', "invalid character '2' after array element"],
  ['nul', 'unexpected end of JSON input'],
  ['tree', "invalid character 'e' in literal true (expecting 'u')"],
  ['{} x', "invalid character 'x' after top-level value"],
  ['"\\q"', "invalid character 'q' in string escape code"],
];
for (const [text, message] of cases) {
  it(`says ${message ?? 'nothing'} about ${JSON.stringify(text)}`, () => assert.equal(goJsonError(text), message));
}
