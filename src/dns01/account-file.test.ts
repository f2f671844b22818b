import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { parseDomainName } from '../core/domain-name.ts';
import { type AcmeDnsAccount, openAccountFile } from './account-file.ts';

const DOMAIN = parseDomainName('example.org');
const SECRET = 'zYxWvUtSrQpOnMlKjIhGfEdCbA9876543210abcd';
const account = (subdomain: string): AcmeDnsAccount => ({
  fulldomain: `${subdomain}.auth.example.net`,
  subdomain,
  username: `user-${subdomain}`,
  password: SECRET,
  server_url: 'https://auth.example.net',
});

function newPath(t: TestContext, content?: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'evercert-account-file-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'deep', 'accounts.json');
  if (content === undefined) return path;
  const flat = join(folder, 'accounts.json');
  writeFileSync(flat, content);
  return flat;
}

describe('the account file', () => {
  test('is empty where there is none, and private once there is', async (t) => {
    const path = newPath(t);
    const file = openAccountFile(path);
    assert.equal(await file.load(DOMAIN), undefined);
    await file.save(DOMAIN, account('a'));
    assert.deepEqual(await openAccountFile(path).load(DOMAIN), account('a'));
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.equal(statSync(join(path, '..')).mode & 0o777, 0o700);
  });

  test('keeps what other clients wrote: their entries, broken ones too, and fields that are not ours', async (t) => {
    const theirs = {
      'Www.Example.Org': { ...account('w'), allowfrom: ['192.0.2.0/24'], server_url_path_update: '/u' },
      'broken.example': { note: 17 },
      'example.org': { ...account('old'), allowfrom: [] },
    };
    const path = newPath(t, JSON.stringify(theirs));
    const file = openAccountFile(path);
    await file.save(DOMAIN, account('new'));
    await file.save(parseDomainName('www.example.org'), account('w2'));
    assert.deepEqual(JSON.parse(readFileSync(path, 'utf8')), {
      'Www.Example.Org': { ...theirs['Www.Example.Org'], ...account('w2') },
      'broken.example': { note: 17 },
      'example.org': { ...account('new'), allowfrom: [] },
    });
  });

  test('is looked up by the exact domain', async (t) => {
    const file = openAccountFile(newPath(t, JSON.stringify({ 'example.org': account('a') })));
    assert.equal(await file.load(parseDomainName('www.example.org')), undefined);
    assert.equal(await file.load(parseDomainName('org')), undefined);
    assert.equal((await file.load(DOMAIN))?.subdomain, 'a');
  });

  test('sees what was written meanwhile, and takes accounts without server_url', async (t) => {
    const path = newPath(t, '');
    const file = openAccountFile(path);
    assert.equal(await file.load(DOMAIN), undefined);
    const { server_url: _, ...old } = account('by-hand');
    writeFileSync(path, JSON.stringify({ 'example.org': old }));
    assert.equal((await file.load(DOMAIN))?.subdomain, 'by-hand');
  });

  test('loses nothing when many domains register at once', async (t) => {
    const path = newPath(t);
    const file = openAccountFile(path);
    const domains = Array.from({ length: 50 }, (_, index) => parseDomainName(`d${index}.example.org`));
    await Promise.all(domains.map((domain, index) => file.save(domain, account(`s${index}`))));
    assert.equal(Object.keys(JSON.parse(readFileSync(path, 'utf8')) as object).length, 50);
  });

  const bad: { what: string; content: string; says: RegExp }[] = [
    {
      what: 'no JSON',
      content: `{\n "example.org": {"password": "${SECRET}",\n}`,
      says: /is not JSON \(line 3, column \d+\)/,
    },
    { what: 'cut off', content: `{"example.org": {"password": "${SECRET}"`, says: /is not JSON \(line 1/ },
    { what: 'a list', content: `[{"password": "${SECRET}"}]`, says: /is not a JSON object/ },
    { what: 'no object', content: `{"example.org": "${SECRET}"}`, says: /example\.org is not an object/ },
    {
      what: 'fields missing',
      content: JSON.stringify({ 'example.org': { password: SECRET, username: '', fulldomain: 7 } }),
      says: /example\.org > fulldomain is missing or is not text; example\.org > subdomain is missing.*; example\.org > username is empty/,
    },
  ];
  for (const { what, content, says } of bad) {
    test(`says what is wrong, where, and no secret: ${what}`, async (t) => {
      const path = newPath(t, content);
      const error: unknown = await openAccountFile(path)
        .load(DOMAIN)
        .catch((thrown: unknown) => thrown);
      assert.ok(error instanceof Error && 'code' in error);
      assert.equal(error.code, 'account-file-invalid');
      assert.match(error.message, says);
      assert.ok(error.message.includes(path));
      assert.ok(!`${error.message} ${error.stack} ${String(error.cause)}`.includes(SECRET.slice(0, 12)));
      assert.equal(readFileSync(path, 'utf8'), content);
    });
  }

  test('a write that fails does not block the next one', async (t) => {
    const path = newPath(t, 'not json');
    const file = openAccountFile(path);
    await assert.rejects(file.save(DOMAIN, account('a')), { code: 'account-file-invalid' });
    writeFileSync(path, '{}');
    await file.save(DOMAIN, account('b'));
    assert.equal((await file.load(DOMAIN))?.subdomain, 'b');
  });
});
