import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { acmeWarnings, readAcmeFlags } from './kube-acme-flags.ts';
import type { KubeAcmeFlags } from './kube-acme-flags.ts';

describe('the flags about ACME', () => {
  test('without any: no zone of our own, the resolvers of the machine, 60 challenges', () => {
    const options = readAcmeFlags({});
    assert.deepEqual(options, {
      dns: undefined,
      resolvers: [],
      resolversOnly: false,
      routes: new Map(),
      mostChallenges: 60,
    });
    assert.deepEqual(acmeWarnings(options), []);
  });

  test('a zone, complete with what goes without saying', () => {
    const { dns } = readAcmeFlags({ dnsZone: 'Auth.Example.net.', dnsWorkers: 1 });
    assert.deepEqual(dns, {
      listeners: [
        { address: '0.0.0.0', port: 53, transport: 'udp' },
        { address: '0.0.0.0', port: 53, transport: 'tcp' },
      ],
      zone: {
        name: 'auth.example.net',
        nameserver: 'auth.example.net',
        mailbox: 'hostmaster.auth.example.net',
        records: [],
        negativeTtl: 1,
      },
      service: undefined,
      workers: 1,
    });
  });

  test('all of it', () => {
    const options = readAcmeFlags({
      dnsZone: 'auth.example.net',
      dnsListen: ['udp:127.0.0.1:5353', '[::1]:5353'],
      dnsNameserver: 'ns.auth.example.net',
      dnsMailbox: 'dns@example.net',
      dnsRecord: ['ns.auth.example.net. A 192.0.2.1'],
      dnsService: 'evercert/evercert-dns',
      dns01RecursiveNameservers: ['192.0.2.53', '[2001:db8::53]:5353', 'https://dns.example.net/dns-query'],
      dns01RecursiveNameserversOnly: true,
      dns01Route: { 'example.org': ['192.0.2.1:5300', '192.0.2.2'] },
      maxConcurrentChallenges: 7,
    });
    assert.equal(options.dns?.listeners.length, 3);
    assert.deepEqual(options.dns?.service, { namespace: 'evercert', name: 'evercert-dns' });
    assert.deepEqual(options.resolvers, [
      { address: '192.0.2.53', port: 53 },
      { address: '2001:db8::53', port: 5353 },
      { address: 'https://dns.example.net/dns-query', port: 443 },
    ]);
    assert.equal(options.resolversOnly, true);
    assert.deepEqual(
      [...options.routes],
      [
        [
          'example.org',
          [
            { address: '192.0.2.1', port: 5300 },
            { address: '192.0.2.2', port: 53 },
          ],
        ],
      ],
    );
    assert.equal(options.mostChallenges, 7);
    assert.deepEqual(acmeWarnings(options), []);
  });

  test('a name server without an address is a warning, when it lies in the zone', () => {
    const warned = acmeWarnings(readAcmeFlags({ dnsZone: 'auth.example.net' }));
    assert.match(warned[0] ?? '', /add --dns-record "auth\.example\.net\. A 192\.0\.2\.1"/);
    assert.deepEqual(acmeWarnings(readAcmeFlags({ dnsZone: 'auth.example.net', dnsNameserver: 'ns.example.net' })), []);
  });

  for (const [title, flags, code] of [
    ['listening for nothing', { dnsListen: ['127.0.0.1:53'] }, 'invalid-config'],
    ['a zone that is no name', { dnsZone: 'a..b' }, 'invalid-name'],
    ['a resolver that is a name', { dns01RecursiveNameservers: ['dns.example.net'] }, 'invalid-address'],
    ['a resolver in the clear', { dns01RecursiveNameservers: ['http://dns.example.net/q'] }, 'invalid-address'],
    ['a service without a namespace', { dnsZone: 'a.example', dnsService: 'evercert-dns' }, 'invalid-config'],
  ] as readonly [string, KubeAcmeFlags, string][]) {
    test(`refused: ${title}`, () => assert.throws(() => readAcmeFlags(flags), { code }));
  }
});
