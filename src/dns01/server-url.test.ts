import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseServerUrl } from './server-url.ts';

describe('the URL of an acme-dns server', () => {
  const good: { url: string; update: string; authorization?: string }[] = [
    { url: 'https://auth.example.net', update: 'https://auth.example.net/update' },
    { url: 'https://auth.example.net/', update: 'https://auth.example.net/update' },
    { url: 'http://127.0.0.1:8080//', update: 'http://127.0.0.1:8080/update' },
    { url: 'http://[::1]:80', update: 'http://[::1]/update' },
    { url: 'https://Auth.Example.NET/base/path//', update: 'https://auth.example.net/base/path/update' },
    { url: 'https://auth.example.net/?token=1', update: 'https://auth.example.net/update?token=1' },
    {
      url: 'https://user:p%40ss%3A@auth.example.net/x/',
      update: 'https://auth.example.net/x/update',
      authorization: `Basic ${Buffer.from('user:p@ss:').toString('base64')}`,
    },
    {
      url: 'https://user@auth.example.net',
      update: 'https://auth.example.net/update',
      authorization: 'Basic dXNlcjo=',
    },
  ];
  for (const { url, update, authorization } of good) {
    test(url, () => {
      const parsed = parseServerUrl(url);
      assert.equal(parsed.endpoint('update'), update);
      assert.equal(parsed.authorization, authorization);
      assert.ok(!parsed.shown.includes('@') && !parsed.shown.endsWith('/'));
    });
  }

  for (const url of [
    '',
    'auth.example.net',
    'ftp://auth.example.net',
    '//auth',
    'https://',
    'https://user:hunter2@',
    'user:hunter2@host',
  ]) {
    test(`refused, without its password: "${url}"`, () => {
      assert.throws(
        () => parseServerUrl(url),
        (error: Error) =>
          /is not the URL of an acme-dns server/.test(error.message) && !error.message.includes('hunter2'),
      );
    });
  }
});
