import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { parseResolvers, systemResolvers } from './system-resolvers.ts';

describe('the resolvers of this machine', () => {
  const cases: { what: string; text: string; addresses: string[] }[] = [
    { what: 'one', text: 'nameserver 192.0.2.53\n', addresses: ['192.0.2.53'] },
    {
      what: 'comments, options, tabs, CRLF',
      text: '# nameserver 192.0.2.1\n; nameserver 192.0.2.2\r\nsearch example.org\r\nnameserver\t2001:db8::53 \r\noptions ndots:2',
      addresses: ['2001:db8::53'],
    },
    { what: 'a link-local address with its zone', text: 'nameserver fe80::1%eth0', addresses: ['fe80::1%eth0'] },
    {
      what: 'more than three',
      text: [1, 2, 3, 4].map((n) => `nameserver 192.0.2.${n}`).join('\n'),
      addresses: ['192.0.2.1', '192.0.2.2', '192.0.2.3'],
    },
    { what: 'nonsense', text: 'nameserver example.org\nnameserver', addresses: ['127.0.0.1'] },
    { what: 'nothing', text: '', addresses: ['127.0.0.1'] },
  ];
  for (const { what, text, addresses } of cases) {
    test(what, () => {
      assert.deepEqual(
        parseResolvers(text),
        addresses.map((address) => ({ address, port: 53 })),
      );
    });
  }

  test('are read from the file, and its absence means this machine', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'evercert-resolv-'));
    t.after(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, 'resolv.conf'), 'nameserver 192.0.2.9');
    assert.equal((await systemResolvers(join(folder, 'resolv.conf')))[0]?.address, '192.0.2.9');
    assert.equal((await systemResolvers(join(folder, 'none')))[0]?.address, '127.0.0.1');
  });
});
