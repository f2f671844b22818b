import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import type { KubeObject } from '../api/object.ts';
import { CUSTOM_RESOURCES } from './custom-resources.ts';
import { customResourceDefinition } from './custom-resource.ts';

/** What cert-manager 1.21 wrote; the accounts in it belonged to a test CA that is no more. */
const RECORDED = readFileSync(new URL('../../../test/fixtures/cert-manager-objects.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as KubeObject & { status?: object });

function parse(object: unknown): KubeObject & { spec?: unknown; status?: unknown } {
  const { kind } = object as KubeObject;
  const found = CUSTOM_RESOURCES.find(({ resource }) => resource.kind === kind);
  assert.ok(found, kind);
  return found.resource.parse(object);
}

const certificate = (more: object = {}) => ({
  apiVersion: 'cert-manager.io/v1',
  kind: 'Certificate',
  metadata: { name: 'web', namespace: 'shop' },
  spec: { secretName: 'web-tls', issuerRef: { name: 'ca' } },
  ...more,
});

describe('objects of cert-manager are read whole', () => {
  test('there are some of every kind', () => {
    const kinds = new Set(RECORDED.map(({ kind }) => kind));
    assert.deepEqual([...kinds].toSorted(), CUSTOM_RESOURCES.map(({ resource }) => resource.kind).toSorted());
  });
  for (const object of RECORDED) {
    test(`${object.kind} ${object.metadata.name}`, () => assert.deepEqual(parse(structuredClone(object)), object));
  }
});

describe('reading is loose', () => {
  test('fields of a newer version are kept, on every level', () => {
    const object = certificate({
      spec: {
        secretName: 'web-tls',
        issuerRef: { name: 'ca', newer: 1 },
        newer: [{ a: 1 }],
        privateKey: { newer: true },
      },
      status: { newer: 'x', conditions: [{ type: 'Ready', status: 'True', newer: 1 }] },
      newer: {},
    });
    assert.deepEqual(parse(structuredClone(object)), object);
  });

  test('a field of the status that makes no sense is as missing, and the others stay', () => {
    const status = { conditions: 'none', notAfter: 5, revision: 3, nextPrivateKeySecretName: ['x'] };
    const parsed = parse(certificate({ status })) as { status: Record<string, unknown> };
    assert.deepEqual(JSON.parse(JSON.stringify(parsed.status)), { revision: 3 });
  });

  for (const status of ['x', 1, [], null]) {
    test(`a status of ${JSON.stringify(status)}`, () => assert.equal(parse(certificate({ status })).status, undefined));
  }

  test('a spec that cannot be used is refused with the place and without the value', () => {
    const object = certificate({ spec: { secretName: ['s3cret'], issuerRef: { name: 'ca' } } });
    assert.throws(
      () => parse(object),
      (error: Error) => {
        assert.match(error.message, /^Certificate shop\/web cannot be read: spec\.secretName: /);
        assert.doesNotMatch(error.message, /s3cret/);
        return true;
      },
    );
  });
});

describe('CustomResourceDefinitions', () => {
  const definitions = CUSTOM_RESOURCES.map((resource) => customResourceDefinition(resource));

  /** Every object in the tree of a schema, with its place. */
  function* nodes(value: unknown, path = ''): Generator<[path: string, node: Record<string, unknown>]> {
    if (typeof value !== 'object' || value === null) return;
    if (!Array.isArray(value)) yield [path, value as Record<string, unknown>];
    for (const [key, below] of Object.entries(value)) yield* nodes(below, `${path}.${key}`);
  }

  test('no field has a default: the API server would write it into every object', () => {
    for (const [path, node] of nodes(definitions)) {
      if (!path.endsWith('.properties')) assert.equal(Object.hasOwn(node, 'default'), false, path);
    }
  });

  test('every field has a description of its own', () => {
    for (const [path, node] of nodes(definitions)) {
      if (!/\.properties\.(spec|status)\b.*\.properties$/.test(path)) continue;
      for (const [name, field] of Object.entries(node)) {
        assert.match(String((field as { description?: string }).description), /^\S.*[.)]$/, `${path}.${name}`);
      }
    }
  });
});
