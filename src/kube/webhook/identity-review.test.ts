import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { reviewIdentity } from './identity-review.ts';

const BOB = { username: 'bob', uid: 'u-1', groups: ['devs'], extra: { scopes: ['a'] } };

function review(more: { spec?: object; userInfo?: object; operation?: string; resource?: object } = {}): object {
  const { spec = { request: 'eA==' }, userInfo = BOB, operation = 'CREATE' } = more;
  const resource = more.resource ?? { group: 'cert-manager.io', version: 'v1', resource: 'certificaterequests' };
  const request = {
    uid: 'r-1',
    operation,
    resource,
    userInfo,
    object: { metadata: { name: 'x' }, spec },
    dryRun: false,
  };
  return { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request };
}

function steps(of: object): unknown {
  const { response } = reviewIdentity(of) ?? {};
  assert.equal(response?.uid, 'r-1');
  assert.equal(response.allowed, true);
  if (response.patch === undefined) return undefined;
  assert.equal(response.patchType, 'JSONPatch');
  return JSON.parse(Buffer.from(response.patch, 'base64').toString('utf8'));
}

const add = (name: string, value: unknown) => ({ op: 'add', path: `/spec/${name}`, value });
const remove = (name: string) => ({ op: 'remove', path: `/spec/${name}` });

describe('who asks is written into a new request', () => {
  const whole = [add('username', 'bob'), add('uid', 'u-1'), add('groups', ['devs']), add('extra', { scopes: ['a'] })];
  const rows: [what: string, of: object, patch: unknown][] = [
    ['all that is known', review(), whole],
    ['over what it says itself', review({ spec: { username: 'root', groups: ['system:masters'] } }), whole],
    ['a user without UID', review({ userInfo: { username: 'bob', uid: '' } }), [add('username', 'bob')]],
    [
      'what is not known is taken away',
      review({ userInfo: { username: 'bob' }, spec: { uid: '0', groups: ['system:masters'], extra: { a: ['b'] } } }),
      [add('username', 'bob'), remove('uid'), remove('groups'), remove('extra')],
    ],
    ['not into one that is changed', review({ operation: 'UPDATE' }), undefined],
    ['not into other kinds', review({ resource: { group: 'cert-manager.io', resource: 'certificates' } }), undefined],
    [
      'not into those of others',
      review({ resource: { group: 'example.org', resource: 'certificaterequests' } }),
      undefined,
    ],
  ];
  for (const [what, of, patch] of rows) test(what, () => assert.deepEqual(steps(of), patch));

  for (const value of [undefined, null, 'x', {}, { request: {} }, { request: { uid: 1 } }]) {
    test(`no review: ${JSON.stringify(value)}`, () => assert.equal(reviewIdentity(value), undefined));
  }

  test('whatever a request says, nobody is somebody else', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom('username', 'uid', 'groups', 'extra', 'request'), fc.jsonValue()),
        (spec) => {
          assert.deepEqual((steps(review({ spec })) as object[]).slice(0, 1), [add('username', 'bob')]);
          assert.deepEqual(steps(review({ spec })), whole);
        },
      ),
    );
  });
});
