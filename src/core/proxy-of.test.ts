import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { parseProxy, proxyOf } from './proxy-of.ts';

const P = 'http://proxy:3128';

describe('proxyOf', () => {
  const rows: readonly (readonly [string, NodeJS.ProcessEnv, string | undefined])[] = [
    ['https://a.test', {}, undefined],
    ['https://a.test', { HTTPS_PROXY: P }, P],
    ['https://a.test', { https_proxy: P }, P],
    ['https://a.test', { HTTPS_PROXY: P, https_proxy: 'http://other' }, P],
    ['https://a.test', { HTTPS_PROXY: '', https_proxy: P }, P],
    ['https://a.test', { HTTP_PROXY: P }, undefined],
    ['http://a.test', { HTTP_PROXY: P }, P],
    ['http://a.test', { HTTPS_PROXY: P }, undefined],
    ['https://a.test', { HTTPS_PROXY: 'proxy:3128' }, P],
    // This machine is never reached by way of another one.
    ['https://localhost:6443', { HTTPS_PROXY: P }, undefined],
    ['https://127.3.2.1', { HTTPS_PROXY: P }, undefined],
    ['https://[::1]:6443', { HTTPS_PROXY: P }, undefined],
  ];
  for (const [url, environment, expected] of rows) {
    test(`${url} ${JSON.stringify(environment)}`, () => assert.equal(proxyOf(new URL(url), environment), expected));
  }

  const exempt: readonly (readonly [string, string, boolean])[] = [
    ['https://a.test', 'a.test', true],
    ['https://A.test.', 'a.TEST', true],
    ['https://sub.a.test', 'a.test', true],
    ['https://xa.test', 'a.test', false],
    ['https://a.test', '.a.test', false],
    ['https://sub.a.test', '.a.test', true],
    ['https://a.test', '*.a.test', false],
    ['https://sub.a.test', '*.a.test', true],
    ['https://a.test', 'b.test, a.test', true],
    ['https://a.test', 'a.test:443', true],
    ['https://a.test:6443', 'a.test:443', false],
    ['https://a.test:6443', 'a.test:6443', true],
    ['https://a.test', '*', true],
    ['https://a.test', ',, .', false],
    ['https://10.96.0.1', '10.0.0.0/8', true],
    ['https://11.96.0.1', '10.0.0.0/8', false],
    ['https://10.96.0.1', '10.96.0.1', true],
    ['https://10.96.0.1:6443', '10.96.0.1:443', false],
    ['https://[2001:db8::1]', '2001:db8::/32', true],
    ['https://[2001:db8::1]', '2001:DB8:0::1', true],
    ['https://[2001:db8::1]:6443', '[2001:db8::1]:6443', true],
    ['https://[2001:db8::1]:6443', '[2001:db8::1]:443', false],
    ['https://10.0.0.1', '10.0.0.0/99', false],
    ['https://10.0.0.1', 'x/8', false],
    ['https://a.test', '10.0.0.0/8', false],
  ];
  for (const [url, NO_PROXY, isExempt] of exempt) {
    test(`${url} with NO_PROXY=${NO_PROXY}`, () => {
      assert.equal(proxyOf(new URL(url), { HTTPS_PROXY: P, NO_PROXY }), isExempt ? undefined : P);
      assert.equal(proxyOf(new URL(url), { HTTPS_PROXY: P, no_proxy: NO_PROXY }), isExempt ? undefined : P);
    });
  }

  test('whatever NO_PROXY is, there is an answer', () => {
    const url = fc.constantFrom('https://a.test', 'https://10.0.0.1:6443', 'https://[2001:db8::1]');
    const entry = fc.string({ unit: fc.constantFrom('a', '.', ':', '*', '/', '[', ']', '1', '0', '%', ',', ' ') });
    fc.assert(
      fc.property(url, entry, (text, NO_PROXY) => {
        const found = proxyOf(new URL(text), { HTTPS_PROXY: P, NO_PROXY });
        assert.ok(found === undefined || found === P);
      }),
    );
  });
});

test('parseProxy', () => {
  assert.equal(parseProxy('http://u:p@proxy:3128')?.port, '3128');
  assert.equal(parseProxy('https://proxy')?.protocol, 'https:');
  assert.equal(parseProxy('socks5h://127.0.0.1:1080')?.href, 'socks5://127.0.0.1:1080');
  for (const text of ['', 'proxy', 'ftp://proxy', 'http://', 'http://[', 'proxy:3128', 'socks4://proxy'])
    assert.equal(parseProxy(text), undefined, text);
});
