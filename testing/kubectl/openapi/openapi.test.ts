import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BinaryReader } from '@bufbuild/protobuf/wire';
import type { JsonObject } from '../../apiserver/object.ts';
import { answerOpenApi } from './openapi.ts';

interface Document {
  paths: Record<string, Record<string, JsonObject>>;
  components: { schemas: Record<string, JsonObject> };
  definitions: Record<string, JsonObject>;
}

function documentAt(path: string): Document {
  const answer = answerOpenApi(path, 'application/json');
  assert.ok(answer, path);
  return JSON.parse(Buffer.from(answer.body).toString()) as Document;
}

/** All names that a document refers to. */
function referencesIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  if ('$ref' in value && typeof value.$ref === 'string') return [value.$ref];
  return Object.values(value).flatMap(referencesIn);
}

/** The fields of a message all of whose fields are text or messages. */
function fieldsOf(bytes: Uint8Array | undefined): Map<number, Buffer[]> {
  const fields = new Map<number, Buffer[]>();
  const reader = new BinaryReader(bytes ?? new Uint8Array());
  while (reader.pos < reader.len) {
    const [number] = reader.tag();
    fields.set(number, [...(fields.get(number) ?? []), Buffer.from(reader.bytes())]);
  }
  return fields;
}

describe('OpenAPI version 3', () => {
  const index = documentAt('/openapi/v3') as unknown as { paths: Record<string, { serverRelativeURL: string }> };

  it('has an index with one document for each group', () => {
    assert.deepEqual(Object.keys(index.paths), [
      'api/v1',
      'apis/apps/v1',
      'apis/authentication.k8s.io/v1',
      'apis/authorization.k8s.io/v1',
      'apis/coordination.k8s.io/v1',
      'apis/events.k8s.io/v1',
      'apis/networking.k8s.io/v1',
      'apis/policy/v1',
      'apis/rbac.authorization.k8s.io/v1',
      'apis/storage.k8s.io/v1',
    ]);
  });

  it('refers only to schemas that are in the same document', () => {
    for (const { serverRelativeURL } of Object.values(index.paths)) {
      const document = documentAt(serverRelativeURL.replace(/\?.*/, ''));
      const known = new Set(Object.keys(document.components.schemas).map((name) => `#/components/schemas/${name}`));
      for (const reference of referencesIn(document)) assert.ok(known.has(reference), reference);
    }
  });

  const storage = documentAt('/openapi/v3/apis/storage.k8s.io/v1');

  it('says of a PATCH what kubectl looks for before it validates on the server or makes a strategic merge patch', () => {
    const patch = storage.paths['/apis/storage.k8s.io/v1/volumeattachments/{name}']?.patch;
    const gvk = { group: 'storage.k8s.io', version: 'v1', kind: 'VolumeAttachment' };
    assert.ok(patch);
    assert.deepEqual(patch['x-kubernetes-group-version-kind'], gvk);
    const query = (patch.parameters as { name: string; in: string }[]).map((each) => `${each.in} ${each.name}`);
    assert.ok(query.includes('query fieldValidation'));
    const { content } = patch.requestBody as { content: JsonObject };
    assert.ok('application/strategic-merge-patch+json' in content);
    assert.ok('application/apply-patch+yaml' in content);
  });

  it('describes a VolumeAttachment with its required fields', () => {
    const schemas = storage.components.schemas;
    const attachment = schemas['io.k8s.api.storage.v1.VolumeAttachment'];
    assert.deepEqual(attachment?.required, ['spec']);
    assert.deepEqual(Object.keys(attachment?.properties as JsonObject), [
      'apiVersion',
      'kind',
      'metadata',
      'spec',
      'status',
    ]);
    assert.deepEqual(schemas['io.k8s.api.storage.v1.VolumeAttachmentSpec']?.required, [
      'attacher',
      'source',
      'nodeName',
    ]);
    const status = schemas['io.k8s.api.storage.v1.VolumeAttachmentStatus']?.properties as Record<string, JsonObject>;
    assert.deepEqual(status.attachmentMetadata?.additionalProperties, { type: 'string' });
    assert.equal(status.attachError?.$ref, '#/components/schemas/io.k8s.api.storage.v1.VolumeError');
  });

  it('shows the fields of a volume’s source in the spec, where the JSON has them', () => {
    const spec = documentAt('/openapi/v3/api/v1').components.schemas['io.k8s.api.core.v1.PersistentVolumeSpec'];
    const properties = spec?.properties as JsonObject;
    assert.ok('csi' in properties && 'accessModes' in properties);
  });

  it('names the merge keys of lists', () => {
    const spec = storage.components.schemas['io.k8s.api.storage.v1.CSINodeSpec']?.properties as Record<
      string,
      JsonObject
    >;
    assert.equal(spec.drivers?.['x-kubernetes-patch-merge-key'], 'name');
    const metadata = storage.components.schemas['io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta']
      ?.properties as Record<string, JsonObject>;
    assert.equal(metadata.finalizers?.['x-kubernetes-patch-strategy'], 'merge');
  });

  it('gives a document a hash that stays the same', () => {
    const again = documentAt('/openapi/v3') as unknown as typeof index;
    assert.deepEqual(again, index);
    assert.match(index.paths['api/v1']?.serverRelativeURL ?? '', /^\/openapi\/v3\/api\/v1\?hash=[0-9A-F]{64}$/);
  });
});

describe('OpenAPI version 2', () => {
  it('is one document for all groups', () => {
    const document = documentAt('/openapi/v2');
    const known = new Set(Object.keys(document.definitions).map((name) => `#/definitions/${name}`));
    for (const reference of referencesIn(document)) assert.ok(known.has(reference), reference);
    assert.ok(document.paths['/api/v1/namespaces/{namespace}/secrets/{name}']?.patch?.consumes);
    assert.ok(document.paths['/api/v1/secrets']?.get);
  });

  it('is there as protobuf, too, which is what kubectl takes', () => {
    const answer = answerOpenApi('/openapi/v2', 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf');
    assert.equal(answer?.contentType, 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf');
    const document = fieldsOf(answer.body);
    assert.equal(String(document.get(1)?.[0]), '2.0');
    const definitions = new Map(
      fieldsOf(document.get(9)?.[0])
        .get(1)
        ?.map((named) => {
          const [name, schema] = [fieldsOf(named).get(1)?.[0], fieldsOf(named).get(2)?.[0]];
          return [String(name), fieldsOf(schema)] as const;
        }),
    );
    assert.deepEqual([...definitions.keys()].sort(), Object.keys(documentAt('/openapi/v2').definitions));
    const attachment = definitions.get('io.k8s.api.storage.v1.VolumeAttachment');
    const extension = fieldsOf(attachment?.get(31)?.[0]);
    assert.equal(String(extension.get(1)?.[0]), 'x-kubernetes-group-version-kind');
    const yaml = String(fieldsOf(extension.get(2)?.[0]).get(2)?.[0]);
    assert.deepEqual(JSON.parse(yaml), [{ group: 'storage.k8s.io', version: 'v1', kind: 'VolumeAttachment' }]);
  });
});

describe('requests for OpenAPI', () => {
  it('of a document that is not there are not answered', () => {
    assert.equal(answerOpenApi('/openapi/v3/apis/batch/v1', '*/*')?.contentType, undefined);
    assert.equal(answerOpenApi('/openapi', '*/*')?.contentType, undefined);
  });

  it('of version 3 that take protobuf only are refused', () => {
    const protobuf = 'application/com.github.proto-openapi.spec.v3@v1.0+protobuf';
    assert.throws(() => answerOpenApi('/openapi/v3', protobuf), /Not Acceptable/);
    assert.ok(answerOpenApi('/openapi/v3', `${protobuf}, */*`));
    assert.ok(answerOpenApi('/openapi/v3', ''));
  });
});
