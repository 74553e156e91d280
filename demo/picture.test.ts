import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { drawPicture, plainLine, type Scene } from './picture.ts';

const scene: Scene = {
  elapsedMs: 12_340,
  leader: 'attacher-1',
  note: '',
  standbys: ['attacher-2'],
  volumes: 30,
  counts: { attached: 5, attaching: 2, detaching: 1 },
  detached: 7,
  errors: 2,
  rates: { attach: 12.4, detach: 3 },
  nodes: new Map([
    ['node-1', { attached: 5, attaching: 0, detaching: 1 }],
    ['node-2', { attached: 0, attaching: 2, detaching: 0 }],
  ]),
  log: ['attacher-1 │ one', 'attacher-2 │ two'],
};

test('each node has a bar with one mark for each attachment, by phase', () => {
  assert.deepEqual(drawPicture(scene, { columns: 120, rows: 40, colour: false }), [
    'csi-attacher demo  12.3 s   leader attacher-1   standing by attacher-2',
    '',
    'node-1    6 █████░',
    'node-2    2 ▒▒',
    '',
    '█ attached 5   ▒ attaching 2   ░ detaching 1   gone 7 of 30   errors shown 2   12 attaches/s   3 detaches/s',
    '',
    'attacher-1 │ one',
    'attacher-2 │ two',
  ]);
});

test('colours change nothing but the colours', () => {
  const terminal = { columns: 60, rows: 40 };
  const coloured = drawPicture(scene, { ...terminal, colour: true });
  assert.ok(coloured.join('').includes('\u001b[32m'));
  assert.deepEqual(
    coloured.map((line) => stripVTControlCharacters(line)),
    drawPicture(scene, { ...terminal, colour: false }),
  );
});

test('whatever the size of the terminal, the picture fits into it', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 200 }),
      fc.integer({ min: 2, max: 60 }),
      fc.integer({ min: 0, max: 500 }),
      (columns, rows, attached) => {
        const nodes = new Map(scene.nodes).set('node-3', { attached, attaching: 1, detaching: 1 });
        const lines = drawPicture({ ...scene, nodes }, { columns, rows, colour: false });
        assert.ok(lines.length < rows);
        for (const line of lines) assert.ok([...line].length <= columns);
      },
    ),
  );
});

test('without a leader the picture says what has to happen first', () => {
  const [head] = drawPicture({ ...scene, leader: undefined, standbys: [] }, { columns: 200, rows: 40, colour: false });
  assert.match(head ?? '', /leader none: the lease has to run out first {3}nobody standing by/);
});

test('what the demo did stands below the headline, however much the attachers log', () => {
  const note = 'SIGKILL to attacher-1, the leader. Its lease runs out within 4 s.';
  const log = Array.from({ length: 100 }, (_, index) => `attacher-2 │ ${index}`);
  const lines = drawPicture({ ...scene, note, log }, { columns: 120, rows: 24, colour: false });
  assert.equal(lines[1], note);
});

test('where there is no terminal one line says it all', () => {
  assert.equal(
    plainLine(scene),
    ' 12.3 s  leader attacher-1  attaching 2  attached 5  detaching 1  gone 7/30  errors shown 2  12 attaches/s  3 detaches/s',
  );
});
