import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { keyLines } from './key-lines.ts';

test('the line of every key', () => {
  const lines = keyLines(`data = "x" # a comment with = and [
[zone] # more
name = "a [ ' b"
"quoted key" = 'x = "'
records = [
  "a = b", # ] not the end
  """
  workers = 1
  """,
]
ttl = 1
a.b.c = { listen = 1 }

  [[certificate]]
  names = ["x"]
[certificate.extra]
key = 1
[[certificate]]
names = [["y"], [
 "z"]]
after = '''
[not]
'''
[dns01.acme_dns]
server=1`);
  assert.deepEqual(Object.fromEntries(lines), {
    data: 1,
    zone: 2,
    'zone.name': 3,
    'zone.quoted key': 4,
    'zone.records': 5,
    'zone.ttl': 11,
    'zone.a': 12,
    'zone.a.b': 12,
    'zone.a.b.c': 12,
    'certificate.0': 14,
    'certificate.0.names': 15,
    'certificate.0.extra': 16,
    'certificate.0.extra.key': 17,
    'certificate.1': 18,
    'certificate.1.names': 19,
    'certificate.1.after': 21,
    'dns01.acme_dns': 24,
    'dns01.acme_dns.server': 25,
  });
});

test('any text is read without harm', () => {
  const piece = fc.constantFrom(
    'a',
    '=',
    '[',
    ']',
    '[[',
    ']]',
    '"',
    "'",
    '"""',
    "'''",
    '#',
    '\n',
    '\\',
    '.',
    '{',
    '}',
    ' ',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
      const text = pieces.join('');
      for (const line of keyLines(text).values()) assert.ok(line >= 1 && line <= text.split('\n').length);
    }),
  );
});
