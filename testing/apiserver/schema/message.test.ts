import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { allMessages, messageNamed } from './message.ts';
import { servedResources } from './resources.ts';

describe('the schema', () => {
  it('can be read, with every message that it names', () => {
    assert.ok(allMessages().length > 200);
    assert.throws(() => messageNamed('core.Nothing'), /no message core\.Nothing/);
  });

  it('gives no field number and no name twice in a message', () => {
    for (const { name, fields } of allMessages()) {
      assert.equal(new Set(fields.map((field) => field.number)).size, fields.length, name);
      const named = fields.filter((field) => !field.inline);
      assert.equal(new Set(named.map((field) => field.name)).size, named.length, name);
    }
  });

  it('has the message of each resource, with metadata first', () => {
    for (const resource of servedResources) {
      const [first] = messageNamed(resource.message).fields;
      assert.deepEqual([first?.number, first?.name], [1, 'metadata'], resource.message);
    }
  });
});
