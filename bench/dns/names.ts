import type { DomainName } from '../../src/core/domain-name.ts';

export const ZONE = 'auth.example.net' as DomainName;

/** The same `count` names each time: labels in the form of a UUID, with a value of 43 characters each. */
export function* namesWithValues(count: number): Generator<{ name: DomainName; value: string }> {
  let state = 1;
  const word = (): string => {
    // Mulberry32: even enough, and the same everywhere.
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0).toString(16).padStart(8, '0');
  };
  for (let made = 0; made < count; made++) {
    const [a, b, c, d] = [word(), word(), word(), word()];
    const label = `${a}-${b.slice(0, 4)}-4${b.slice(5)}-${c.slice(0, 4)}-${c.slice(4)}${d}`;
    yield { name: `${label}.${ZONE}` as DomainName, value: `${a}${b}${c}${d}${a}_-A`.slice(0, 43) };
  }
}
