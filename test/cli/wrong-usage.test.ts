import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { tempFolder } from '../peers/temp-folder.ts';
import { listing } from './listing.ts';
import { evercert } from './run-evercert.ts';

const atOnce = { concurrency: 3 };

describe('a command line that cannot be meant', atOnce, () => {
  const rows: readonly (readonly [args: string, stderr: RegExp | string])[] = [
    ['frobnicate', "evercert: unknown command 'frobnicate'\nsee: evercert --help\n"],
    ['isue example.org', "evercert: unknown command 'isue'; did you mean issue?\nsee: evercert --help\n"],
    ['--frob', "evercert: unknown option '--frob'\nsee: evercert --help\n"],
    ['demo --onec', "evercert: unknown option '--onec'; did you mean --once?\nsee: evercert demo --help\n"],
    [
      'demo now',
      "evercert: too many arguments for 'demo'. Expected 0 arguments but got 1: now.\nsee: evercert demo --help\n",
    ],
    ['issue', "evercert: missing required argument 'name'\nsee: evercert issue --help\n"],
    ['revoke', "evercert: missing required argument 'name'\nsee: evercert revoke --help\n"],
    ['config chek', "evercert: unknown command 'chek'; did you mean check?\nsee: evercert config --help\n"],
    [
      'config check --cofnig x',
      "evercert: unknown option '--cofnig'; did you mean --config?\nsee: evercert config check --help\n",
    ],
    ['config check --config', /^evercert: option '-c, --config <file>' argument missing\n/],
    [
      'demo --dns-port 70000',
      /^evercert: option '--dns-port <port>' argument '70000' is invalid. A port is a number from 0 to 65535.\n/,
    ],
    ['demo --dns-port x', /argument 'x' is invalid. A port is a number/],
    ['demo --lifetime soon', /"soon" is not a duration; write for example 90d, 12h, 1h30m or 500ms/],
    ['demo -o yaml', /argument 'yaml' is invalid. It is text or json./],
    ['issue a.org --wait x', /"x" is not a duration/],
    ['issue a.org --route nonsense', /argument 'nonsense' is invalid. Write it as in example.org=127.0.0.1:5301./],
    ['revoke a.org --reason revenge', /It is one of unspecified, key-compromise, affiliation-changed,/],
    ['demo --domain *.*.example.org', /"\*\.\*\.example\.org" is not a usable domain name/],
    ['demo --domain 127.0.0.1', /it is an IP address/],
    ['demo --ca nonsense', /^evercert: --ca: acme.directory cannot be used: "nonsense" is not a CA/],
    ['demo --ca-root /nonexistent', /^evercert: --ca-root: acme.root names \/nonexistent, .*there is no such file/],
  ];
  for (const [args, expected] of rows) {
    test(`evercert ${args}`, async () => {
      const { path } = tempFolder('usage');
      const { code, stdout, stderr } = await evercert(args.split(' '), { env: { TMPDIR: path } });
      assert.deepEqual([code, stdout], [2, '']);
      if (typeof expected === 'string') assert.equal(stderr, expected);
      else assert.match(stderr, expected);
      assert.deepEqual(listing(path), []);
    });
  }

  for (const args of [[], ['config'], ['help', 'nonsense']]) {
    test(`evercert ${args.join(' ')} shows the help`, async () => {
      const { code, stdout, stderr } = await evercert(args);
      assert.deepEqual([code, stdout], [2, '']);
      assert.match(stderr, /^Usage: evercert /);
    });
  }
});

describe('names', atOnce, () => {
  const long = (length: number): string => `${'abcdefghi.'.repeat(30).slice(0, length - 4)}.org`;
  const bad: readonly (readonly [name: string, why: RegExp])[] = [
    ['*.*.example.org', /a "\*" may stand only once, as the whole first label, as in \*\.example\.org/],
    ['foo.*.example.org', /a "\*" may stand only once/],
    ['f*.example.org', /a "\*" may stand only once/],
    ['*', /a "\*" may stand only once/],
    ['*.org', /needs at least two labels/],
    ['192.0.2.1', /it is an IP address, and DNS-01 can only prove names; ask for the name instead/],
    ['2001:db8::1', /it is an IP address/],
    ['[2001:db8::1]', /it is an IP address/],
    ['', /it is empty/],
    ['.', /it is empty/],
    ['a..org', /it has an empty label/],
    ['.example.org', /it has an empty label/],
    [`${'a'.repeat(64)}.org`, /has more than 63 characters/],
    [long(254), /it has 254 characters, and a name has at most 253/],
    [long(239), /_acme-challenge\..* it has 255 characters, and a name has at most 253/],
    ['under_score.org', /the label "under_score" has a character or a hyphen at an end that is not allowed there/],
    ['a-.org', /the label "a-" has a character or a hyphen at an end/],
    ['localhost', /it needs at least two labels, as in example.org/],
    ['two words.org', /it has characters that no domain name can have/],
    ['https://example.org', /the label "https:\/\/example" has a character/],
    ['example.org:443', /the label "org:443" has a character/],
  ];
  for (const [name, why] of bad) {
    test(`"${name.length > 60 ? `${name.slice(0, 30)}... (${name.length})` : name}" is refused`, async () => {
      const { path } = tempFolder('names');
      const args = ['issue', name, 'good.org', '--data', join(path, 'data'), '--acme-dns', 'http://127.0.0.1:1'];
      const { code, stdout, stderr } = await evercert(args);
      assert.deepEqual([code, stdout], [2, '']);
      assert.match(stderr, /^evercert: "[^\n]* is not a usable domain name: [^\n]*\n$/);
      assert.match(stderr, why);
      assert.deepEqual(listing(path), []);
    });
  }

  // Taken for good: what stops them is that no CA is there.
  for (const name of [
    'bücher.example',
    'EXAMPLE.org.',
    '*.xn--bcher-kva.example',
    long(237),
    `${'a'.repeat(63)}.org`,
  ]) {
    test(`"${name.length > 60 ? `${name.slice(0, 30)}... (${name.length})` : name}" is a name`, async () => {
      const { path } = tempFolder('names');
      const ca = ['--server', 'https://127.0.0.1:1/directory'];
      const dns = ['--acme-dns', 'http://127.0.0.1:1'];
      const { code, stderr } = await evercert(['issue', name, '--data', join(path, 'data'), ...ca, ...dns]);
      assert.equal(code, 4, stderr);
      assert.match(stderr, /^evercert: the CA at 127\.0\.0\.1:1 cannot be reached: nothing listens there; /);
      assert.deepEqual(listing(path), []);
    });
  }
});

describe('a configuration', atOnce, () => {
  const rows: readonly (readonly [what: string, toml: string, stderr: string | RegExp])[] = [
    ['is no TOML', '\na = [', /^evercert: FILE, line 2: this cannot be read as TOML: .*; mend this line first\n$/],
    [
      'has an unknown key',
      '[dns]\nlisten_on = ["127.0.0.1:53"]',
      /^evercert: FILE, line 2: dns.listen_on is not a key that evercert knows; (did you mean|here can stand)/,
    ],
    [
      'has a mistyped key',
      '[dns]\nlisen = ["127.0.0.1:53"]',
      'evercert: FILE, line 2: dns.lisen is not a key that evercert knows; did you mean listen?\n',
    ],
    [
      'has a value of the wrong type',
      'data = 5',
      'evercert: FILE, line 1: data must be a text in quotes, but is a number; write for example data = "/var/lib/evercert"\n',
    ],
    [
      'has a record that is none',
      '[zone]\nname = "auth.example.net"\nrecords = ["auth.example.net. A 1.2.3"]',
      /^evercert: FILE, line 3: zone.records\[0\] cannot be used: /,
    ],
    [
      'has several faults',
      'data = 5\n[zone]\nname = "a..b"\n[[certificate]]\nnames = ["*.*.x.org"]',
      /^evercert: FILE, line 1: data must [^\n]*\nevercert: FILE, line 3: zone.name [^\n]*\nevercert: FILE, line 5: certificate\[0\].names\[0\] [^\n]*\n$/,
    ],
  ];
  const commands = [['config', 'check'], ['serve'], ['status'], ['renew'], ['issue', 'a.org'], ['revoke', 'a.org']];
  for (const [index, [what, toml, expected]] of rows.entries()) {
    const command = commands[index] ?? [];
    test(`that ${what}: evercert ${command.join(' ')}`, async () => {
      const { path } = tempFolder('config');
      const file = join(path, 'c.toml');
      writeFileSync(file, toml);
      const { code, stdout, stderr } = await evercert([...command, '--config', file], { cwd: path });
      const shown = stderr.replaceAll(file, 'FILE');
      assert.deepEqual([code, stdout], [2, '']);
      if (typeof expected === 'string') assert.equal(shown, expected);
      else assert.match(shown, expected);
      assert.deepEqual(listing(path), ['c.toml']);
    });
  }

  for (const command of commands) {
    test(`that is not there: evercert ${command.join(' ')}`, async () => {
      const { code, stdout, stderr } = await evercert([...command, '--config', '/nonexistent.toml']);
      const text = 'evercert: the configuration /nonexistent.toml cannot be read: there is no such file\n';
      assert.deepEqual([code, stdout, stderr], [2, '', text]);
    });
  }

  test('that is good', async () => {
    const { path } = tempFolder('config');
    const file = join(path, 'c.toml');
    const certificate = '[[certificate]]\nnames = ["example.org", "*.example.org"]';
    writeFileSync(file, `data = "data"\n[zone]\nname = "auth.example.net"\n${certificate}`);
    const { code, stdout, stderr } = await evercert(['config', 'check'], { env: { EVERCERT_CONFIG: file } });
    assert.deepEqual([code, stderr], [0, '']);
    assert.match(stdout, /\nthe configuration is good: the zone auth.example.net, 1 certificate\n$/);
    assert.deepEqual(listing(path), ['c.toml']);
  });

  const flags: readonly (readonly [flags: string, stderr: RegExp])[] = [
    ['--server nonsense', /^evercert: --server: acme.directory cannot be used: "nonsense" is not a CA that evercert/],
    ['--server http://example.org/dir', /^evercert: --server: acme.directory cannot .* write an https URL/],
    ['--ca-root /nonexistent', /^evercert: --ca-root: acme.root names \/nonexistent, which cannot be read/],
    ['--key-type DSA', /^evercert: --key-type: acme.key_type cannot be used: "DSA" is not possible here; write one of/],
    ['--resolver nonsense', /^evercert: --resolver: dns01.resolvers\[0\] cannot be used: "nonsense" is not an address/],
    ['--acme-dns nonsense', /^evercert: --acme-dns: dns01.acme_dns.server cannot be used: "nonsense" is not the URL/],
    ['', /^evercert: nobody answers the challenges: give a configuration with a \[zone\]/],
  ];
  for (const [text, expected] of flags) {
    test(`by flags that cannot be: evercert issue a.org ${text}`, async () => {
      const { path } = tempFolder('config');
      const more = text.split(' ').filter((word) => word !== '');
      const { code, stdout, stderr } = await evercert(['issue', 'a.org', '--data', join(path, 'data'), ...more]);
      assert.deepEqual([code, stdout], [2, '']);
      assert.match(stderr, expected);
      assert.deepEqual(listing(path), []);
    });
  }
});

describe('where nothing was kept yet, a command that looks makes nothing', atOnce, () => {
  const rows: readonly (readonly [args: readonly string[], code: number, stdout: RegExp, stderr: RegExp])[] = [
    [['status'], 0, /^No certificate is wanted yet\./, /^$/],
    [['status', '-o', 'json'], 0, /^\{\s*"certificates": \[\]\s*\}\n$/, /^$/],
    [['renew'], 0, /^there is no certificate to renew yet\n$/, /^$/],
    [['renew', 'a.org'], 2, /^$/, /^evercert: no certificate has the name a\.org; "evercert status" lists those that/],
    [['revoke', 'a.org'], 2, /^$/, /^evercert: there is no certificate for a\.org here; "evercert status" lists/],
    [
      ['import', 'acme-dns', '--from', '/nonexistent.db'],
      2,
      /^$/,
      /^evercert: accounts belong to a challenge zone, and the configuration has no \[zone\]/,
    ],
    [['serve'], 2, /^$/, /^evercert: there is nothing to serve: give a configuration with a \[zone\]/],
  ];
  for (const [args, expected, out, error] of rows) {
    test(`evercert ${args.join(' ')}`, async () => {
      const { path } = tempFolder('empty');
      const { code, stdout, stderr } = await evercert([...args, '--data', join(path, 'data')]);
      assert.equal(code, expected, stderr);
      assert.match(stdout, out);
      assert.match(stderr, error);
      assert.deepEqual(listing(path), []);
    });
  }
});
