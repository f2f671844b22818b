import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { readOwnerBody, readRegisterBody, readUpdateBody } from './account-body.ts';
import { type HttpreqBody, readHttpreqBody } from './httpreq-body.ts';

describe('bodies of /register', () => {
  const good: [string, string[]][] = [
    ['', []],
    ['null', []],
    ['null\n', []],
    ['{}', []],
    [' {} \n', []],
    ['{"allowfrom":null}', []],
    ['{"allowfrom":[]}', []],
    ['{"allowfrom":["192.0.2.0/24"]}', ['192.0.2.0/24']],
    ['{"AllowFrom":["192.0.2.0/24","::1/64"]}', ['192.0.2.0/24', '::1/64']],
    ['{"ALLOWFROM":["a"]}', ['a']],
    ['{"allowfrom":["a"],"allowfrom":["b"]}', ['b']],
    ['{"allowfrom":["a"],"AllowFrom":null}', []],
    ['{"allowfrom":[null]}', ['']],
    ['{"other":1,"nested":{"allowfrom":["x"]}}', []],
    ['{"username":"c36f50e8-4632-44f0-83fe-e070fef28a10","password":"x","subdomain":"y","txt":"z"}', []],
    ['{"username":null,"password":null}', []],
  ];
  for (const [text, entries] of good) {
    test(JSON.stringify(text), () => assert.deepEqual(readRegisterBody(text), { kind: 'allow-from', entries }));
  }
  const bad = [
    ' ',
    '{',
    'nul',
    'null null',
    '[]',
    '"text"',
    '1',
    'true',
    '{}{}',
    '{} x',
    '{"allowfrom":"1.2.3.4/32"}',
    '{"allowfrom":{}}',
    '{"allowfrom":[1]}',
    '{"allowfrom":[["a"]]}',
    '{"username":"admin"}',
    '{"Username":7}',
    '{"password":1}',
    '{"subdomain":false}',
    '{"TXT":[]}',
    '{"allowfrom":["a"],}',
    '\ufeff{}',
  ];
  for (const text of bad) {
    test(`malformed: ${JSON.stringify(text)}`, () => assert.deepEqual(readRegisterBody(text), { kind: 'malformed' }));
  }
});

describe('bodies of /update', () => {
  const cases: [string, string, string][] = [
    ['{"subdomain":"s","txt":"t"}', 's', 't'],
    ['{"subdomain":"s","txt":"t"}\n', 's', 't'],
    ['{"SubDomain":"s","Txt":"t"}', 's', 't'],
    ['{"subdomain":"s", "txt": "t"}', 's', 't'],
    ['{"\u017fubdomain":"s","txt":"t"}', 's', 't'],
    ['{"subdomain":"s","txt":"t"} trailing', 's', 't'],
    ['{"subdomain":"s","txt":"t"}{"txt":"u"}', 's', 't'],
    ['{"txt":"t","txt":"u","subdomain":"s"}', 's', 'u'],
    ['{"txt":"t","TXT":"u","txt":"v","subdomain":"s"}', 's', 'v'],
    ['{"txt":"t","txt":null,"subdomain":"s"}', 's', 't'],
    ['{"txt":"t","txt":5,"subdomain":"s"}', 's', 't'],
    ['{"subdomain":"s","txt":1234567890}', 's', ''],
    ['{"txt":1,"subdomain":"s"}', 's', ''],
    ['{"subdomain":"s"}', 's', ''],
    ['{"subdomain":["s"],"txt":"t"}', '', 't'],
    ['{"password":5,"subdomain":"s","txt":"t"}', 's', 't'],
    ['{"username":5,"subdomain":"s","txt":"t"}', 's', 't'],
    ['{"username":"admin","subdomain":"s","txt":"t"}', '', ''],
    ['{"subdomain":"s","txt":"t","username":"admin"}', 's', 't'],
    ['', '', ''],
    ['null', '', ''],
    ['[{"subdomain":"s"}]', '', ''],
    ['{"subdomain":"s","txt":"t"', '', ''],
    ['subdomain=s&txt=t', '', ''],
  ];
  for (const [text, subdomain, txt] of cases) {
    test(JSON.stringify(text), () => assert.deepEqual(readUpdateBody(text), { subdomain, txt }));
  }
});

describe('bodies of an owner', () => {
  const cases: [string, string, string, readonly string[] | undefined | 'malformed'][] = [
    ['{"subdomain":"s","txt":"t"}', 's', 't', undefined],
    ['{"SubDomain":"s","AllowFrom":["a"]}', 's', '', ['a']],
    ['{"subdomain":"s","allowfrom":[]}', 's', '', []],
    ['{"subdomain":"s","allowfrom":null}', 's', '', undefined],
    ['{"subdomain":"s","allowfrom":["a"],"allowfrom":["b"]}', 's', '', ['b']],
    ['{"subdomain":"s","allowfrom":["a",null]}', 's', '', ['a', '']],
    ['{"allowfrom":"a","subdomain":"s"}', 's', '', 'malformed'],
    ['{"allowfrom":[7],"subdomain":"s"}', 's', '', 'malformed'],
    ['{"subdomain":7,"allowfrom":["a"]} and more', '', '', ['a']],
    ['', '', '', undefined],
    ['{"subdomain":"s"', '', '', undefined],
  ];
  for (const [text, subdomain, txt, allowFrom] of cases) {
    test(JSON.stringify(text), () => assert.deepEqual(readOwnerBody(text), { subdomain, txt, allowFrom }));
  }
});

describe('bodies of httpreq', () => {
  const cases: [string, HttpreqBody][] = [
    ['{"fqdn":"f.","value":"v"}\n', { kind: 'value', fqdn: 'f.', value: 'v' }],
    ['{"FQDN":"f.","VALUE":"v","other":1}', { kind: 'value', fqdn: 'f.', value: 'v' }],
    ['{"domain":"d","token":"t","keyAuth":"k"}', { kind: 'raw', domain: 'd', keyAuthorization: 'k' }],
    ['{"fqdn":"f.","value":"v","domain":"d","keyAuth":"k"}', { kind: 'value', fqdn: 'f.', value: 'v' }],
    ['{"fqdn":"f."}', { kind: 'malformed' }],
    ['{"fqdn":null,"value":"v"}', { kind: 'malformed' }],
    ['{"domain":"d"}', { kind: 'malformed' }],
    ['', { kind: 'malformed' }],
    ['[]', { kind: 'malformed' }],
  ];
  for (const [text, expected] of cases) {
    test(JSON.stringify(text), () => assert.deepEqual(readHttpreqBody(text), expected));
  }
});

test('any text whatever gets an answer, and only strings come out', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.json(),
    fc.json().map((json) => json.slice(0, -1)),
  );
  fc.assert(
    fc.property(text, (body) => {
      const register = readRegisterBody(body);
      if (register.kind === 'allow-from') for (const entry of register.entries) assert.equal(typeof entry, 'string');
      const update = readUpdateBody(body);
      assert.deepEqual([typeof update.subdomain, typeof update.txt], ['string', 'string']);
      const { allowFrom } = readOwnerBody(body);
      if (Array.isArray(allowFrom)) for (const entry of allowFrom) assert.equal(typeof entry, 'string');
      const httpreq = readHttpreqBody(body);
      if (httpreq.kind === 'value') assert.deepEqual([typeof httpreq.fqdn, typeof httpreq.value], ['string', 'string']);
    }),
    { numRuns: 2000 },
  );
});
