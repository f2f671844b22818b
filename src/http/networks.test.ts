import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { createInNetworks, plainAddress, subscriberOf } from './networks.ts';

const subscribers: [string, string][] = [
  ['192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0DB8:0001:0002::6', '2001:db8:1:2::/64'],
  ['2001:db8::6', '2001:db8:0:0::/64'],
  ['2001:db8:1:2::', '2001:db8:1:2::/64'],
  ['::1', '0:0:0:0::/64'],
  ['::', '0:0:0:0::/64'],
  ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'],
  ['1:2:3:4:5:6:192.0.2.1', '1:2:3:4::/64'],
  ['1:2:3:4:5:6:7::', '1:2:3:4::/64'],
  ['nobody', 'nobody'],
];
for (const [address, subscriber] of subscribers) {
  test(`${address} counts as ${subscriber}`, () => assert.equal(subscriberOf(address), subscriber));
}

test('every address of one /64 is one subscriber, and of another is another', () => {
  const group = fc.integer({ min: 0, max: 0xffff }).map((number) => number.toString(16));
  const half = fc.tuple(group, group, group, group).map((groups) => groups.join(':'));
  fc.assert(
    fc.property(half, half, half, half, (network, one, other, elsewhere) => {
      assert.equal(subscriberOf(`${network}:${one}`), subscriberOf(`${network}:${other}`));
      if (network !== elsewhere) {
        assert.notEqual(subscriberOf(`${network}:${one}`), subscriberOf(`${elsewhere}:${one}`));
      }
    }),
  );
});

test('plain addresses', () => {
  const rows: [string, string][] = [
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:192.0.2.1', '192.0.2.1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:999.0.2.1', '::ffff:999.0.2.1'],
  ];
  for (const [address, plain] of rows) assert.equal(plainAddress(address), plain);
});

test('addresses in networks', () => {
  const isIn = createInNetworks(['192.0.2.7/24', '2001:db8::1/32', '::1/128']);
  for (const address of ['192.0.2.99', '::ffff:192.0.2.99', '2001:db8:ffff::1', '::1'])
    assert.ok(isIn(address), address);
  for (const address of ['192.0.3.1', '2001:db9::', '::2', '', 'unknown', '192.0.2', '127.0.0.1']) {
    assert.ok(!isIn(address), address);
  }
  assert.equal(createInNetworks([])('127.0.0.1'), false);
});
