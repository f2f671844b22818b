import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { systemClock } from '../core/clock.ts';
import { parseDomainName } from '../core/domain-name.ts';
import { createNameTable } from '../dns/name-table.ts';
import { parseRecordLine } from '../dns/record-line.ts';
import { startDnsServer } from '../dns/server.ts';
import { createLeapingClock } from '../issuance/testing/leaping-clock.ts';
import { validateDns01 } from './dns-validation.ts';
import type { Problem } from './problem.ts';
import { cname, startScriptedDns, txt } from './testing/scripted-dns.ts';
import type { Said, ScriptedDns } from './testing/scripted-dns.ts';

const NAME = '_acme-challenge.example.org';
const DIGEST = 'LPJNul-wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ';
const signal = new AbortController().signal;

function validate(resolver: { address: string; port: number }, patience = 0): Promise<Problem | undefined> {
  return validateDns01({ name: parseDomainName(NAME), digest: DIGEST, resolver, patience, clock: systemClock, signal });
}

/** NAME -> a1 -> a2 ... -> a<length>, where the TXT record is. */
function aliases(length: number): [string, Said][] {
  const names = [NAME, ...Array.from({ length }, (_, index) => `a${index + 1}.example`)];
  return names.map((name, index) => {
    const next = names[index + 1];
    return [name, { answers: [next === undefined ? txt(name, DIGEST) : cname(name, next)] }];
  });
}

describe('a look at the TXT record (RFC 8555 section 8.4)', () => {
  let dns: ScriptedDns;
  before(async () => {
    dns = await startScriptedDns();
  });
  after(() => dns.stop());

  const all = (...answers: Extract<Said, { answers: unknown }>['answers'][number][]): [string, Said][] => [
    [NAME, { answers }],
  ];
  const found: [string, [string, Said][]][] = [
    ['the digest alone', all(txt(NAME, DIGEST))],
    ['the digest among others', all(txt(NAME, 'other'), txt(NAME, DIGEST), txt(NAME, 'more'))],
    ['the digest in two strings of one record', all(txt(NAME, DIGEST.slice(0, 20), DIGEST.slice(20)))],
    ['the name in another case', all(txt(NAME.toUpperCase(), DIGEST))],
    ['an alias and its record in one answer', all(cname(NAME, 'x.example'), txt('x.example', DIGEST))],
    [
      'two aliases in one answer, the last first',
      all(cname('y.example', 'z.example'), txt('z.example', DIGEST), cname(NAME, 'y.example')),
    ],
    ['one alias alone', aliases(1)],
    ['eight aliases, each alone', aliases(8)],
    [
      'an alias in capital letters',
      [
        [NAME, { answers: [cname(NAME, 'X.EXAMPLE')] }],
        ['x.example', { answers: [txt('x.example', DIGEST)] }],
      ],
    ],
  ];
  for (const [what, zone] of found) {
    test(`finds ${what}`, async () => {
      dns.zone.clear();
      for (const [name, said] of zone) dns.zone.set(name, said);
      assert.equal(await validate(dns.server), undefined);
    });
  }

  const refused: [string, [string, Said][], Problem['type'], RegExp][] = [
    ['no such name', [], 'dns', /NXDOMAIN looking up TXT for _acme-challenge\.example\.org; check/],
    [
      'an alias to no such name',
      all(cname(NAME, 'gone.example')),
      'dns',
      /NXDOMAIN looking up TXT for gone\.example \(which _acme-/,
    ],
    ['SERVFAIL', [[NAME, { rcode: 2 }]], 'dns', /SERVFAIL/],
    ['REFUSED', [[NAME, { rcode: 5 }]], 'dns', /REFUSED/],
    ['no record', all(), 'unauthorized', /^No TXT record found/],
    ['another value', all(txt(NAME, 'old')), 'unauthorized', /^Incorrect TXT record "old" found/],
    ['two other values', all(txt(NAME, 'a'), txt(NAME, 'b')), 'unauthorized', /"a" \(and 1 more\)/],
    ['the digest with a space', all(txt(NAME, `${DIGEST} `)), 'unauthorized', /Incorrect/],
    ['the digest in quotes', all(txt(NAME, `"${DIGEST}"`)), 'unauthorized', /Incorrect/],
    [
      'the digest as two records',
      all(txt(NAME, DIGEST.slice(0, 20)), txt(NAME, DIGEST.slice(20))),
      'unauthorized',
      /Incorrect/,
    ],
    ['the digest at another name of the answer', all(txt('other.example', DIGEST)), 'unauthorized', /No TXT record/],
    ['nine aliases', aliases(9), 'dns', /more than 8 CNAMEs/],
    ['a circle of one', all(cname(NAME, NAME)), 'dns', /circle/],
    [
      'a circle of two',
      [...aliases(1).slice(0, 1), ['a1.example', { answers: [cname('a1.example', NAME)] }]],
      'dns',
      /circle/,
    ],
  ];
  for (const [what, zone, type, detail] of refused) {
    test(`${what}: ${type}`, async () => {
      dns.zone.clear();
      for (const [name, said] of zone) dns.zone.set(name, said);
      const problem = await validate(dns.server);
      assert.equal(problem?.type, type);
      assert.match(problem.detail, detail);
    });
  }

  test('an abort ends the look-up', async () => {
    dns.zone.set(NAME, 'silence');
    const stop = new AbortController();
    const looking = validateDns01({
      name: parseDomainName(NAME),
      digest: DIGEST,
      resolver: dns.server,
      patience: 0,
      clock: systemClock,
      signal: stop.signal,
    });
    await dns.whenAsked(NAME);
    stop.abort(new Error('enough'));
    await assert.rejects(looking, /enough/);
  });

  test('nobody listening: dns', async () => {
    const gone = await startScriptedDns();
    await gone.stop();
    const problem = await validate(gone.server);
    assert.equal(problem?.type, 'dns');
  });

  test('nobody listening at first: it is asked again, as a resolver would', async () => {
    const gone = await startScriptedDns();
    await gone.stop();
    const clock = createLeapingClock();
    const comesBack = validateDns01({
      name: parseDomainName(NAME),
      digest: DIGEST,
      resolver: gone.server,
      patience: 2000,
      clock,
      signal,
    });
    assert.equal((await comesBack)?.type, 'dns');
    assert.deepEqual(new Set(clock.sleeps), new Set([250]));
    assert.equal(clock.sleeps.length, 8);
  });
});

test('through a real server: a CNAME in one zone to the names of another', async () => {
  const [owner, challenges] = [parseDomainName('example.org'), parseDomainName('auth.example.net')];
  const names = createNameTable();
  const zone = { primary: parseDomainName('ns.example.net'), mailbox: parseDomainName('admin.example.net') };
  const server = await startDnsServer({
    listeners: [
      { address: '127.0.0.1', port: 0, transport: 'udp' },
      { address: '127.0.0.1', port: 0, transport: 'tcp' },
    ],
    zones: [
      { ...zone, origin: owner, records: [parseRecordLine(`${NAME}. 60 IN CNAME x.auth.example.net.`)] },
      { ...zone, origin: challenges, records: [] },
    ],
    names,
    workers: 0,
  });
  try {
    const at = server.addresses[0];
    assert.ok(at);
    const target = parseDomainName('x.auth.example.net');
    assert.match((await validate(at))?.detail ?? '', /NXDOMAIN looking up TXT for x\.auth\.example\.net/);
    names.set(target, []);
    assert.match((await validate(at))?.detail ?? '', /No TXT record/);
    // So many values that the answer only fits TCP.
    names.set(target, [...Array.from({ length: 60 }, (_, index) => `${index}`.padStart(43, 'x')), DIGEST]);
    assert.equal(await validate(at), undefined);
  } finally {
    await server.stop();
  }
});
