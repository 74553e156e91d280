import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { recordedStep } from '../support/recordings.ts';
import { allFeatures } from './features.ts';
import { isObject, type JsonObject } from './object.ts';
import { registryFor } from './registry.ts';
import { lookOf, shapedList, shapedObject } from './representation.ts';

function bodyOf(name: string): JsonObject {
  const { body } = recordedStep('objects', name).response;
  assert.ok(isObject(body));
  return body;
}

const resource = registryFor(allFeatures)({ group: 'storage.k8s.io', version: 'v1', plural: 'volumeattachments' });
assert.ok(resource);
const look = lookOf('metadata', new URLSearchParams(), undefined);

describe('metadata only', () => {
  it('is what a real API server makes of an object', () => {
    const shown = shapedObject(look, resource, bodyOf('create a VolumeAttachment'), 0);
    assert.deepEqual(shown, bodyOf('get as metadata only'));
  });

  it('of a list is a list of it', () => {
    assert.deepEqual(shapedList(look, resource, [bodyOf('create a VolumeAttachment')], { resourceVersion: '7' }, 0), {
      kind: 'PartialObjectMetadataList',
      apiVersion: 'meta.k8s.io/v1',
      metadata: { resourceVersion: '7' },
      items: [bodyOf('get as metadata only')],
    });
  });
});
