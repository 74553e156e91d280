import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseTokenFile, Tokens } from './tokens.ts';

describe('a file of tokens', () => {
  it('has a token, a user and perhaps a uid and groups on each line', () => {
    const source = 't1,ann,1,"system:masters,ops"\n\n# nobody\nt2,bob\nt3, "b, c" ,3,ops\n';
    assert.deepEqual(parseTokenFile(source), [
      { token: 't1', user: 'ann', uid: '1', groups: ['system:masters', 'ops'] },
      { token: 't2', user: 'bob', uid: undefined, groups: [] },
      { token: 't3', user: 'b, c', uid: '3', groups: ['ops'] },
    ]);
  });

  it('is refused with the number of the line that is wrong', () => {
    assert.throws(() => parseTokenFile('t1,ann\nonly-a-token\n'), /^Error: line 2: expected token,user/);
    assert.throws(() => parseTokenFile('t1,"ann\n'), /^Error: line 1:/);
  });
});

describe('a token', () => {
  it('stands for its user with the groups of its sort', () => {
    const tokens = new Tokens([{ token: 't', user: 'system:serviceaccount:kube-system:csi' }]);
    assert.deepEqual(tokens.authenticate('Bearer t').groups, [
      'system:serviceaccounts',
      'system:serviceaccounts:kube-system',
      'system:authenticated',
    ]);
  });

  it('is needed only by those who want to be somebody', () => {
    const tokens = new Tokens([]);
    assert.equal(tokens.authenticate(undefined).name, 'system:anonymous');
    assert.throws(() => tokens.authenticate('Bearer t'), /Unauthorized/);
  });

  it('is refused after it was removed', () => {
    const tokens = new Tokens([{ token: 't', user: 'ann' }]);
    tokens.remove('t');
    assert.throws(() => tokens.authenticate('Bearer t'), /Unauthorized/);
  });
});
