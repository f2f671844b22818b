import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseUsername } from './username.ts';

const UUID = 'c36f50e8-4632-44f0-83fe-e070fef28a10';

const cases: [string, string | undefined][] = [
  [UUID, UUID],
  [UUID.toUpperCase(), UUID],
  [`urn:uuid:${UUID}`, UUID],
  [`URN:UUID:${UUID}`, UUID],
  [`{${UUID}}`, UUID],
  [UUID.replaceAll('-', ''), UUID],
  [UUID.replaceAll('-', '').toUpperCase(), UUID],
  ['00000000-0000-0000-0000-000000000000', '00000000-0000-0000-0000-000000000000'],
  ['', undefined],
  ['admin', undefined],
  [UUID.slice(1), undefined],
  [`${UUID}0`, undefined],
  [` ${UUID}`, undefined],
  [UUID.replace('c', 'g'), undefined],
  [UUID.replaceAll('-', '_'), undefined],
  [`uuid:urn:${UUID}`, undefined],
  [`urn:uuid:${UUID.replaceAll('-', '')}`, undefined],
  [`{${UUID}`, undefined],
  [`c36f50e84-632-44f0-83fe-e070fef28a10`, undefined],
  [UUID.replaceAll('-', '').replace('c', '-'), undefined],
];

for (const [text, expected] of cases) {
  test(`${JSON.stringify(text)} is ${expected === undefined ? 'no username' : 'one'}`, () => {
    assert.equal(parseUsername(text), expected);
  });
}
