import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { negotiate } from './negotiate.ts';

const table = 'as=Table;v=v1;g=meta.k8s.io';
const protobuf = 'application/vnd.kubernetes.protobuf';
const all = { protobuf: true, tables: true };

function chosen(accept: string | undefined, server = all): string {
  const { format, shape } = negotiate(accept, server);
  return `${format} ${shape}`;
}

describe('the form of an answer', () => {
  it('is the first that the client names and the server has', () => {
    assert.equal(chosen(`${protobuf},application/json`), 'protobuf object');
    assert.equal(chosen(`${protobuf},application/json`, { ...all, protobuf: false }), 'json object');
    assert.equal(chosen('text/plain,application/yaml'), 'yaml object');
    assert.equal(chosen(undefined), 'json object');
    assert.equal(chosen('*/*'), 'json object');
  });

  it('is a Table or metadata only for those who ask for it', () => {
    assert.equal(chosen(`application/json;${table},application/json`), 'json table');
    assert.equal(chosen(`${protobuf};as=PartialObjectMetadata;v=v1;g=meta.k8s.io`), 'protobuf metadata');
    assert.equal(chosen('application/json;as=Foo;v=v1;g=meta.k8s.io,application/json'), 'json object');
  });

  it('is no Table in protobuf, since there is none', () => {
    assert.equal(chosen(`${protobuf};${table},application/json`), 'json object');
    assert.throws(() => chosen(`${protobuf};${table}`), /Not Acceptable/);
  });

  it('is no Table from a server without them, and the client gets what it names next', () => {
    const server = { ...all, tables: false };
    assert.equal(chosen(`application/json;${table},application/json`, server), 'json object');
    assert.throws(() => chosen(`application/json;${table}`, server), /Not Acceptable/);
  });

  it('has to be one that the server has', () => {
    assert.throws(() => chosen('text/plain'), /Not Acceptable/);
    assert.throws(() => chosen(protobuf, { ...all, protobuf: false }), /Not Acceptable/);
  });

  it('of a watch in protobuf says that it is a stream', () => {
    assert.equal(negotiate(protobuf, all).watchType, `${protobuf};stream=watch`);
    assert.equal(negotiate('application/json;stream=watch', all).watchType, 'application/json;stream=watch');
    assert.equal(negotiate('application/json', all).watchType, 'application/json');
  });
});
