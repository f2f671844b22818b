import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { createFindSource, type SourceOptions } from './source.ts';

const PROXIES = ['10.0.0.0/8', '2001:db8:ffff::/48'];

function find(options: SourceOptions, peer: string | undefined, headers: Record<string, string> = {}) {
  return createFindSource(options)(new Headers(headers), { peer }).address;
}

describe('without a proxy', () => {
  test('it is the peer, whatever headers say', () => {
    assert.equal(
      find({}, '192.0.2.1', { 'X-Forwarded-For': '203.0.113.9', Forwarded: 'for=203.0.113.9' }),
      '192.0.2.1',
    );
    assert.equal(find({}, '::ffff:192.0.2.1'), '192.0.2.1');
    assert.equal(find({}, undefined), undefined);
  });
});

describe('with trusted proxies', () => {
  const rows: [says: string, peer: string, header: string | undefined, client: string | undefined][] = [
    ['what the proxy saw', '10.0.0.1', '203.0.113.9', '203.0.113.9'],
    ['the client wrote an address before it', '10.0.0.1', '192.0.2.7, 203.0.113.9', '203.0.113.9'],
    ['the client pretends to be a proxy', '10.0.0.1', '192.0.2.7, 10.0.0.9, 203.0.113.9', '203.0.113.9'],
    ['two proxies', '10.0.0.1', '192.0.2.7, 203.0.113.9, 10.0.0.2', '203.0.113.9'],
    ['two proxies, one of IPv6', '2001:db8:ffff::1', '203.0.113.9,10.0.0.2 ,2001:db8:ffff::2', '203.0.113.9'],
    ['a peer that is no proxy', '192.0.2.1', '203.0.113.9', '192.0.2.1'],
    ['a proxy that asks for itself', '10.0.0.1', undefined, '10.0.0.1'],
    ['an empty header', '10.0.0.1', ' ', '10.0.0.1'],
    ['proxies all along', '10.0.0.1', '10.0.0.3, 10.0.0.2', '10.0.0.3'],
    ['a client of IPv6', '10.0.0.1', '2001:db8::7', '2001:db8::7'],
    ['with port', '10.0.0.1', '203.0.113.9:4711', '203.0.113.9'],
    ['with brackets and port', '10.0.0.1', '[2001:db8::7]:4711', '2001:db8::7'],
    ['with brackets', '::ffff:10.0.0.1', '[::ffff:203.0.113.9]', '203.0.113.9'],
    ['what the proxy does not know', '10.0.0.1', '203.0.113.9, unknown', undefined],
    ['rubbish before the client', '10.0.0.1', 'what ever, 203.0.113.9', '203.0.113.9'],
    ['no address', '10.0.0.1', '999.0.2.1', undefined],
    ['an empty end', '10.0.0.1', '203.0.113.9,', undefined],
  ];
  for (const [says, peer, header, client] of rows) {
    test(says, () => {
      const headers = header === undefined ? {} : { 'x-forwarded-for': header };
      assert.equal(find({ trustedProxies: PROXIES }, peer, headers), client);
    });
  }

  test('several lines of the header are one list', () => {
    const headers = new Headers();
    headers.append('X-Forwarded-For', '192.0.2.7');
    headers.append('X-Forwarded-For', '203.0.113.9');
    const { address } = createFindSource({ trustedProxies: PROXIES })(headers, { peer: '10.0.0.1' });
    assert.equal(address, '203.0.113.9');
  });

  test('another header, and that of RFC 7239', () => {
    const options = { trustedProxies: PROXIES, header: 'X-Real-IP' };
    assert.equal(
      find(options, '10.0.0.1', { 'X-Real-IP': '203.0.113.9', 'X-Forwarded-For': '192.0.2.7' }),
      '203.0.113.9',
    );
    const rfc: [string, string | undefined][] = [
      ['for=203.0.113.9', '203.0.113.9'],
      ['for=192.0.2.7, for=203.0.113.9;proto=https;by=10.0.0.1', '203.0.113.9'],
      ['proto=https; For="[2001:db8::7]:4711"', '2001:db8::7'],
      ['for=_hidden', undefined],
      ['for=unknown, for=10.0.0.2', undefined],
      ['proto=https', undefined],
    ];
    for (const [value, client] of rfc) {
      assert.equal(
        find({ trustedProxies: PROXIES, header: 'Forwarded' }, '10.0.0.1', { Forwarded: value }),
        client,
        value,
      );
    }
  });

  test('whatever a client writes, what the proxy appended is what counts', () => {
    const written = fc.oneof(
      fc.string(),
      fc.ipV4(),
      fc.ipV6(),
      fc.constantFrom('10.0.0.1', '10.0.0.1, 10.0.0.2', ', ,'),
    );
    fc.assert(
      fc.property(fc.array(written, { maxLength: 5 }), (before) => {
        const plain = before.map((text) => text.replaceAll(/[^\x20-\x7e]/g, ''));
        const header = [...plain, '203.0.113.9', '10.0.0.2'].join(',');
        assert.equal(find({ trustedProxies: PROXIES }, '10.0.0.1', { 'x-forwarded-for': header }), '203.0.113.9');
      }),
    );
  });
});

describe('with a header and no trusted proxies, as acme-dns', () => {
  test('the last address counts, and a missing header means that nobody is known', () => {
    const options = { header: 'X-Forwarded-For' };
    assert.equal(find(options, '127.0.0.1', { 'X-Forwarded-For': '192.0.2.7, 203.0.113.9' }), '203.0.113.9');
    assert.equal(find(options, '127.0.0.1', { 'X-Forwarded-For': 'rubbish' }), undefined);
    assert.equal(find(options, '127.0.0.1'), undefined);
  });

  test('who is not known counts as the peer where somebody is limited', () => {
    const findSource = createFindSource({ header: 'X-Forwarded-For' });
    assert.equal(findSource(new Headers(), { peer: '2001:db8:1:2::9' }).subscriber, '2001:db8:1:2::/64');
    assert.equal(findSource(new Headers(), {}).subscriber, 'unknown');
  });
});
