import assert from 'node:assert/strict';
import { test } from 'node:test';
import { flags } from './flags.ts';
import { flagTable, usage } from './usage.ts';

test('usage and table name every flag there is', () => {
  for (const name of Object.keys(flags)) {
    assert.match(usage(), new RegExp(`--${name}\\b`));
    assert.ok(flagTable().includes(`\`--${name}\``), name);
  }
});

test('usage shows both defaults where they differ and fits a terminal', () => {
  assert.match(usage(), /--timeout duration\n {8}.*\(default 1m0s; upstream: 15s\)/);
  assert.match(usage(), /--resync duration\n {8}.*\(default 10m0s\)/);
  for (const line of usage().split('\n')) assert.ok(line.length <= 100, line);
});

test('the table has the same number of columns in every row', () => {
  const rows = flagTable()
    .split('\n')
    .filter((line) => line.startsWith('|'));
  for (const line of rows) assert.equal(line.match(/(?<!\\)\|/g)?.length, 5, line);
  assert.ok(
    rows.includes('| `--worker-threads` | `100` | `10` | Operations at once, for attach and for detach each. |'),
  );
});
