import assert from 'node:assert/strict';
import { BlockList } from 'node:net';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { isAllowed, parseAllowFrom } from './allow-from.ts';

describe('allow lists are kept as written, without brackets', () => {
  const good: [string, string][] = [
    ['192.0.2.0/24', '192.0.2.0/24'],
    ['192.0.2.7/24', '192.0.2.7/24'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['[::1]/64', '::1/64'],
    ['[2001:db8::]/32', '2001:db8::/32'],
    ['::/0', '::/0'],
    ['::ffff:192.0.2.0/120', '::ffff:192.0.2.0/120'],
    ['10.0.0.0/08', '10.0.0.0/08'],
  ];
  for (const [written, kept] of good) {
    test(written, () => assert.deepEqual(parseAllowFrom([written]), [kept]));
  }
});

describe('not a network', () => {
  const bad = [
    '',
    '192.0.2.1',
    '::1',
    '192.0.2.0/33',
    '::/129',
    '192.0.2.0/-1',
    '192.0.2.0/',
    '192.0.2.0/24 ',
    ' 192.0.2.0/24',
    '192.0.2/24',
    '192.0.2.256/24',
    '192.0.02.1/24',
    'fe80::1%eth0/64',
    '192.0.2.0/24/24',
    '192.0.2.0/1e1',
    'example.org/24',
    '1.2.3.4/32,5.6.7.8/32',
    '/24',
  ];
  for (const text of bad) {
    test(JSON.stringify(text), () => {
      assert.throws(() => parseAllowFrom(['192.0.2.0/24', text]), { code: 'invalid-allow-from' });
    });
  }
});

describe('who is let in', () => {
  const cases: { list: string[]; from: string[]; allowed: boolean }[] = [
    { list: [], from: [], allowed: true },
    { list: [], from: ['whatever'], allowed: true },
    { list: ['192.0.2.0/24'], from: [], allowed: false },
    { list: ['192.0.2.0/24'], from: ['192.0.2.255'], allowed: true },
    { list: ['192.0.2.0/24'], from: ['192.0.3.0'], allowed: false },
    { list: ['192.0.2.9/24'], from: ['192.0.2.1'], allowed: true },
    { list: ['192.0.2.7/32'], from: ['192.0.2.7'], allowed: true },
    { list: ['192.0.2.7/32'], from: ['192.0.2.6'], allowed: false },
    { list: ['192.0.2.0/24'], from: ['::ffff:192.0.2.1'], allowed: true },
    { list: ['::ffff:192.0.2.0/120'], from: ['192.0.2.1'], allowed: true },
    { list: ['0.0.0.0/0'], from: ['203.0.113.9'], allowed: true },
    { list: ['0.0.0.0/0'], from: ['2001:db8::1'], allowed: false },
    { list: ['::/0'], from: ['192.0.2.1'], allowed: false },
    { list: ['::/0'], from: ['2001:db8::1'], allowed: true },
    { list: ['2001:db8::/33'], from: ['2001:db8:7fff::1'], allowed: true },
    { list: ['2001:db8::/33'], from: ['2001:db8:8000::1'], allowed: false },
    { list: ['fe80::/10'], from: ['fe80::1%eth0'], allowed: true },
    { list: ['192.0.2.0/24', '2001:db8::/32'], from: ['2001:db8::1'], allowed: true },
    { list: ['192.0.2.0/24'], from: ['198.51.100.1', '192.0.2.1'], allowed: true },
    { list: ['192.0.2.0/24'], from: ['not an address'], allowed: false },
    { list: ['no network'], from: ['192.0.2.1'], allowed: false },
  ];
  for (const { list, from, allowed } of cases) {
    test(`[${list.join(', ')}] and [${from.join(', ')}]: ${allowed ? 'yes' : 'no'}`, () => {
      assert.equal(isAllowed(list, from), allowed);
    });
  }
});

test("agrees with Node's own block list on any network and address", () => {
  const families = [
    { family: 'ipv4' as const, address: fc.ipV4(), most: 32 },
    { family: 'ipv6' as const, address: fc.ipV6().filter((text) => !/^::ffff:|^0*:0*:/i.test(text)), most: 128 },
  ];
  for (const { family, address, most } of families) {
    fc.assert(
      fc.property(address, address, fc.integer({ min: 0, max: most }), (network, source, bits) => {
        const oracle = new BlockList();
        oracle.addSubnet(network, bits, family);
        assert.equal(isAllowed([`${network}/${bits}`], [source]), oracle.check(source, family));
      }),
    );
  }
});
