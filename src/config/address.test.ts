import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { DomainError } from '../core/error.ts';
import { formatAddress, parseAddress, parseListener } from './address.ts';

describe('parseAddress', () => {
  const good: [text: string, address: string, port: number][] = [
    ['0.0.0.0:53', '0.0.0.0', 53],
    ['[::1]:53', '::1', 53],
    ['[2001:db8::1]:65535', '2001:db8::1', 65_535],
    [':53', '::', 53],
    ['127.0.0.1:0', '127.0.0.1', 0],
  ];
  for (const [text, address, port] of good) test(text, () => assert.deepEqual(parseAddress(text), { address, port }));

  const withPort: [text: string, address: string][] = [
    ['192.0.2.1', '192.0.2.1'],
    ['::1', '::1'],
    ['[::1]', '::1'],
  ];
  for (const [text, address] of withPort) {
    test(`${text} with a port given apart`, () => assert.deepEqual(parseAddress(text, 53), { address, port: 53 }));
  }

  for (const text of [
    '',
    ':',
    '53',
    '1.2.3.4',
    '1.2.3.4:',
    '::1',
    '::1:53',
    '[::1]',
    '[1.2.3.4]:53',
    '1.2.3.4:65536',
    '1.2.3.4:-1',
    'x:53',
    '[::1]:5x',
    '1.2.3.4 :53',
    '[]:53',
    '[::1',
  ]) {
    test(`not ${JSON.stringify(text)}`, () => assert.throws(() => parseAddress(text), { code: 'invalid-address' }));
  }

  test('what is formatted is parsed again', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), fc.integer({ min: 0, max: 65_535 }), (address, port) => {
        assert.deepEqual(parseAddress(formatAddress({ address, port })), { address, port });
      }),
    );
  });

  test('any text: an address or a DomainError', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom('[', ']', ':', '1', '.', 'f') })), (text) => {
        try {
          const address = parseAddress(text);
          assert.deepEqual(parseAddress(formatAddress(address)), address);
        } catch (error) {
          assert.ok(error instanceof DomainError, String(error));
        }
      }),
    );
  });
});

test('parseListener', () => {
  assert.deepEqual(parseListener('udp:[::]:53'), [{ address: '::', port: 53, transport: 'udp' }]);
  assert.deepEqual(parseListener('tcp::53'), [{ address: '::', port: 53, transport: 'tcp' }]);
  assert.deepEqual(
    parseListener('127.0.0.1:53').map(({ transport }) => transport),
    ['udp', 'tcp'],
  );
});
