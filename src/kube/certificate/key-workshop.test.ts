import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KeySpec } from '../../pki/key-spec.ts';
import { createKeyWorkshop } from './key-workshop.ts';

interface Work {
  readonly spec: KeySpec;
  readonly finish: (key: string) => void;
  readonly fail: (error: unknown) => void;
}

function setUp(slots = 2) {
  const works: Work[] = [];
  const workshop = createKeyWorkshop({
    slots,
    generate(spec) {
      const { promise, resolve, reject } = Promise.withResolvers<string>();
      works.push({ spec, finish: resolve, fail: reject });
      return promise;
    },
  });
  const ask = (owner: string, spec: KeySpec = { algorithm: 'RSA' }) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    return { answer: workshop.ask(owner, spec, resolve), made: promise };
  };
  return { workshop, works, ask };
}

test('a key is made once, told of, and kept until it is forgotten', async () => {
  const { workshop, works, ask } = setUp();
  const { answer, made } = ask('a');
  assert.deepEqual(answer, { kind: 'in-the-making' });
  assert.deepEqual(ask('a').answer, { kind: 'in-the-making' });
  works[0]?.finish('key-a');
  await made;
  assert.deepEqual(ask('a').answer, { kind: 'made', key: 'key-a' });
  assert.deepEqual(ask('a').answer, { kind: 'made', key: 'key-a' });
  assert.equal(works.length, 1);
  workshop.forget('a');
  assert.deepEqual(ask('a').answer, { kind: 'in-the-making' });
});

test('no more RSA keys at once than there are slots; others do not wait behind them', async () => {
  const { workshop, works, ask } = setUp(1);
  const first = ask('a');
  ask('b');
  ask('c');
  ask('d', { algorithm: 'ECDSA' });
  assert.deepEqual(
    works.map(({ spec }) => spec.algorithm),
    ['RSA', 'ECDSA'],
  );
  workshop.forget('b');
  works[0]?.finish('key-a');
  await first.made;
  await new Promise(setImmediate);
  assert.equal(works.length, 3);
});

test('when another kind of key is wanted meanwhile, that is what is made', async () => {
  const { works, ask } = setUp();
  ask('a');
  const second = ask('a', { algorithm: 'RSA', size: 4096 });
  works[0]?.finish('small');
  works[1]?.finish('large');
  await second.made;
  assert.deepEqual(ask('a', { algorithm: 'RSA', size: 4096 }).answer, { kind: 'made', key: 'large' });
});

test('a failure is thrown once, and then the key is made anew', async () => {
  const { works, ask } = setUp();
  const { made } = ask('a');
  works[0]?.fail(new Error('no entropy'));
  await made;
  assert.throws(() => ask('a'), /no entropy/);
  assert.deepEqual(ask('a').answer, { kind: 'in-the-making' });
});
