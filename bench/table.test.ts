import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cell, formatTable } from './table.ts';

test('columns are as wide as their widest cell, numbers to the right, no blanks at line ends', () => {
  const table = formatTable(
    [
      { title: 'phase', align: 'left' },
      { title: 'ops/s', align: 'right' },
      { title: 'note', align: 'left' },
    ],
    [
      ['attach 1', '401.5', ''],
      ['idle', cell(undefined, 1), 'x'],
    ],
  );
  assert.equal(table, ['phase     ops/s  note', 'attach 1  401.5', 'idle          –  x'].join('\n'));
});

test('a missing cell is empty', () => {
  assert.equal(
    formatTable(
      [
        { title: 'a', align: 'left' },
        { title: 'b', align: 'right' },
      ],
      [['1']],
    ),
    'a  b\n1',
  );
});
