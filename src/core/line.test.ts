import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Line, type Place } from './line.ts';

describe('a line', () => {
  test('does what an array would', () => {
    const turn = fc.oneof(fc.constant('join' as const), fc.nat(20));
    fc.assert(
      fc.property(fc.array(turn, { maxLength: 60 }), (turns) => {
        const line = new Line<number>();
        const places: Place[] = [];
        const model: number[] = [];
        for (const [index, what] of turns.entries()) {
          if (what === 'join') {
            places.push(line.join(index));
            model.push(index);
          } else if (places.length > 0) {
            const at = what % places.length;
            const [place] = places.splice(at, 1);
            model.splice(at, 1);
            place?.leave();
            place?.leave();
          }
          assert.deepEqual([...line], model);
          assert.equal(line.size, model.length);
          assert.equal(line.first, model[0]);
        }
      }),
    );
  });

  test('may be left by those who are being looked at', () => {
    const line = new Line<string>();
    const places = ['a', 'b', 'c'].map((item) => line.join(item));
    const seen: string[] = [];
    for (const item of line) {
      seen.push(item);
      for (const place of places) place.leave();
    }
    assert.equal(seen[0], 'a');
    assert.equal(line.size, 0);
  });
});
