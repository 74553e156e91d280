import assert from 'node:assert/strict';
import { test } from 'node:test';
import { en } from './en.ts';
import { languageOf, say } from './index.ts';
import { zh } from './zh.ts';

const names = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '').sort();

test('both languages say the same things about the same values', () => {
  assert.deepEqual(Object.keys(zh).sort(), Object.keys(en).sort());
  for (const key of Object.keys(en) as (keyof typeof en)[]) assert.deepEqual(names(zh[key]), names(en[key]), key);
});

test('the language is that of the locale', () => {
  assert.equal(languageOf({ LANG: 'zh_CN.UTF-8' }), 'zh');
  assert.equal(languageOf({ LANG: 'zh_CN.UTF-8', LC_ALL: 'C' }), 'en');
  assert.equal(languageOf({ LC_ALL: '', LANG: 'de_DE' }), 'en');
});

test('values stand where their names are', () => {
  assert.equal(say('en', 'title.node', { node: 'n1' }), 'Node n1');
  assert.equal(say('zh', 'title.node', {}), '节点 -');
});
