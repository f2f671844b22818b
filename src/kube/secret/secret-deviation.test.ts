import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import type { Secret } from '../api/secret.ts';
import type { SecretContent } from './certificate-secret.ts';
import { ownedFields } from './owned-fields.ts';
import { secretDeviation } from './secret-deviation.ts';
import { SECRET_MANAGER } from './secret-names.ts';

const owner = {
  apiVersion: 'cert-manager.io/v1',
  kind: 'Certificate',
  name: 'web',
  uid: 'uid-web',
  controller: true,
  blockOwnerDeletion: true,
};

const wanted: SecretContent = {
  labels: { a: '1' },
  annotations: { b: '2' },
  data: { 'tls.crt': 'Yw==', 'tls.key': 'aw==' },
  ownerReferences: [],
};

function secret(change: {
  labels?: Record<string, string>;
  data?: Record<string, string>;
  owned?: Record<string, unknown>;
  owners?: readonly (typeof owner)[];
}): Secret {
  const names = (of: object) => Object.fromEntries(Object.keys(of).map((name) => [`f:${name}`, {}]));
  const fieldsV1 = {
    'f:data': names(wanted.data),
    'f:metadata': { 'f:labels': names(wanted.labels), 'f:annotations': names(wanted.annotations) },
    ...change.owned,
  };
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: 'web-tls',
      labels: { ...wanted.labels, ...change.labels },
      annotations: { ...wanted.annotations, foreign: 'x' },
      managedFields: [{ manager: SECRET_MANAGER, operation: 'Apply', fieldsV1 }],
      ...(change.owners !== undefined && { ownerReferences: [...change.owners] }),
    },
    data: { ...wanted.data, ...change.data },
  };
}

describe('what has to be put right in a Secret', () => {
  test('nothing, when all of ours is there; what others put there does not count', () => {
    assert.equal(
      secretDeviation(secret({ labels: { mine: 'yes' }, data: { 'ca.crt': 'eA==' } }), wanted, 'uid-web'),
      undefined,
    );
  });

  const metadata = { 'f:labels': { 'f:a': {} }, 'f:annotations': { 'f:b': {} } };
  const rows: [what: string, present: Secret, wish: SecretContent, deviation: RegExp][] = [
    ['another value', secret({ labels: { a: 'x' } }), wanted, /label a is missing or different/],
    ['something new', secret({}), { ...wanted, labels: { ...wanted.labels, c: '3' } }, /label c is missing/],
    [
      'something no longer asked for',
      secret({}),
      { ...wanted, annotations: {} },
      /annotation b is no longer asked for/,
    ],
    ['data of others', secret({ owned: { 'f:data': { 'f:tls.crt': {} } } }), wanted, /data tls.key is not owned/],
    ['an owner that is missing', secret({}), { ...wanted, ownerReferences: [owner] }, /owner reference is missing/],
    [
      'an owner that is not ours to have',
      secret({
        owned: { 'f:metadata': { ...metadata, 'f:ownerReferences': { 'k:{"uid":"uid-web"}': {} } } },
        owners: [owner],
      }),
      wanted,
      /owner reference is no longer asked for/,
    ],
  ];
  for (const [what, present, wish, deviation] of rows) {
    test(what, () => assert.match(secretDeviation(present, wish, 'uid-web') ?? '', deviation));
  }

  test('no value is told, since those of data are secret', () => {
    const told = secretDeviation(secret({ data: { 'tls.key': 'b3RoZXI=' } }), wanted, 'uid-web');
    assert.equal(told, 'data tls.key is missing or different');
  });
});

describe('ownedFields', () => {
  test('of the Secrets that cert-manager made', () => {
    const file = new URL('../../../test/fixtures/cert-manager-secrets.jsonl', import.meta.url);
    const lines = readFileSync(file, 'utf8').trim().split('\n');
    const made = lines.map((line) => JSON.parse(line) as { secret?: Secret } & Secret).map((one) => one.secret ?? one);
    assert.ok(made.length > 0);
    for (const { metadata, data } of made) {
      const owned = ownedFields(metadata.managedFields, SECRET_MANAGER);
      assert.ok(owned.labels.has('controller.cert-manager.io/fao'), metadata.name);
      assert.ok(owned.annotations.has('cert-manager.io/certificate-name'), metadata.name);
      for (const name of ['tls.crt', 'tls.key']) assert.ok(owned.data.has(name) && data?.[name] !== undefined, name);
    }
  });

  test('what is no field set at all owns nothing', () => {
    for (const fieldsV1 of [
      undefined,
      {},
      { 'f:metadata': 'x' },
      { 'f:metadata': { 'f:ownerReferences': { 'k:nonsense': {}, 'v:1': {} } } },
    ]) {
      const owned = ownedFields([{ manager: SECRET_MANAGER, fieldsV1 }], SECRET_MANAGER);
      assert.deepEqual([owned.labels.size, owned.owners.size], [0, 0]);
    }
  });
});
