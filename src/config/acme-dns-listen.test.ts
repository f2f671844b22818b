import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { acmeDnsApiListeners, acmeDnsListeners } from './acme-dns-listen.ts';
import { parseAddress, parseListener } from './address.ts';

describe('general.listen and general.protocol, as Go listens', () => {
  const rows: [listen: string, protocol: string, withIPv6: string[], withoutIPv6?: string[]][] = [
    // Go takes IPv6 along at an IPv4 wildcard, unless the protocol ends in 4.
    ['0.0.0.0:53', 'both', ['0.0.0.0:53', '[::]:53'], ['0.0.0.0:53']],
    ['', 'both', ['0.0.0.0:53', '[::]:53'], ['0.0.0.0:53']],
    [':53', 'udp', ['udp:0.0.0.0:53', 'udp:[::]:53'], ['udp:0.0.0.0:53']],
    [':domain', 'tcp4', ['tcp:0.0.0.0:53'], ['tcp:0.0.0.0:53']],
    ['[::]:53', 'both', ['0.0.0.0:53', '[::]:53'], ['0.0.0.0:53']],
    ['0.0.0.0:53', 'both4', ['0.0.0.0:53'], ['0.0.0.0:53']],
    ['[::]:53', 'both6', ['[::]:53'], ['[::]:53']],
    [':53', 'udp6', ['udp:[::]:53'], ['udp:[::]:53']],
    ['127.0.0.1:5353', 'both', ['127.0.0.1:5353']],
    ['[2001:db8::1]:53', 'both', ['[2001:db8::1]:53']],
    ['192.0.2.1:53', 'BOTH4', ['192.0.2.1:53']],
    ['192.0.2.1', 'tcp', ['tcp:192.0.2.1:53']],
    ['localhost:53', 'both', ['127.0.0.1:53']],
    ['localhost:53', 'both6', ['[::1]:53']],
  ];
  for (const [listen, protocol, withIPv6, withoutIPv6 = withIPv6] of rows) {
    test(`${listen || 'nothing'} ${protocol}`, () => {
      assert.deepEqual(acmeDnsListeners(listen, protocol, true), withIPv6);
      assert.deepEqual(acmeDnsListeners(listen, protocol, false), withoutIPv6);
      for (const address of withIPv6) parseListener(address);
    });
  }
  for (const [listen, protocol] of [
    ['', ''],
    ['', 'both5'],
    ['[::1]:53', 'both4'],
    ['127.0.0.1:53', 'udp6'],
    ['ns.example.org:53', 'both'],
    ['1:2:3', 'both'],
    ['127.0.0.1:65536', 'both'],
    ['127.0.0.1:', 'both'],
  ] as const) {
    test(`not possible: ${listen} ${protocol}`, () =>
      assert.throws(() => acmeDnsListeners(listen, protocol, true), { code: 'invalid-config' }));
  }
});

describe('api.ip and api.port', () => {
  const rows: [ip: string, port: string, expected: string[]][] = [
    ['0.0.0.0', '443', ['0.0.0.0:443', '[::]:443']],
    ['', '80', ['0.0.0.0:80', '[::]:80']],
    ['', 'https', ['0.0.0.0:443', '[::]:443']],
    ['127.0.0.1', '8080', ['127.0.0.1:8080']],
    ['[::1]', '8080', ['[::1]:8080']],
    ['::1', '8080', ['[::1]:8080']],
    ['localhost', '8080', ['127.0.0.1:8080']],
    ['127.0.0.1', '', []],
  ];
  for (const [ip, port, expected] of rows) {
    test(`${ip}:${port}`, () => {
      assert.deepEqual(acmeDnsApiListeners(ip, port, true), expected);
      for (const address of expected) parseAddress(address);
    });
  }
});
