import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { jsonLines } from './json-lines.ts';

async function* chunks(...pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* pieces;
}

async function read(...pieces: readonly Uint8Array[]): Promise<unknown[]> {
  const values: unknown[] = [];
  for await (const value of jsonLines(chunks(...pieces))) values.push(value);
  return values;
}

test('whatever the network cuts the stream into, the values are the same', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.json()), fc.array(fc.nat(40)), async (values, cuts) => {
      const lines = values.map((text) => JSON.stringify(JSON.parse(text)));
      const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
      const pieces: Uint8Array[] = [];
      let at = 0;
      for (const cut of cuts) {
        pieces.push(bytes.subarray(at, at + cut));
        at += cut;
      }
      assert.deepEqual(
        (await read(...pieces, bytes.subarray(at))).map((value) => JSON.stringify(value)),
        lines,
      );
    }),
  );
});

test('a line without its end is none, an empty line is passed over', async () => {
  assert.deepEqual(await read(Buffer.from('{"a":1}\n\n \n{"b":2}\n{"c":')), [{ a: 1 }, { b: 2 }]);
});

test('what is not JSON, or too long, is refused', async () => {
  await assert.rejects(read(Buffer.from('<html>\n')), { code: 'kube-unavailable', message: /not JSON/ });
  const mebibyte = Buffer.alloc(1024 * 1024, 'x');
  await assert.rejects(read(...Array.from({ length: 17 }, () => mebibyte)), {
    code: 'kube-unavailable',
    message: /16 MiB/,
  });
});
