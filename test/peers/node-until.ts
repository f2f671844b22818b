import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import type { Answered, EvercertNode } from './node.ts';

/** Asks a node for a name until the answer is as expected, ten seconds at most. */
export async function untilAnswered(
  node: EvercertNode,
  name: string,
  expected: Answered | ((answered: Answered) => boolean),
): Promise<void> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const answered = await node.ask(name);
    if (typeof expected === 'function' ? expected(answered) : isDeepStrictEqual(answered, expected)) return;
    assert.ok(Date.now() < deadline, `${name} is still ${JSON.stringify(answered)}; the node wrote:\n${node.output()}`);
  }
}
