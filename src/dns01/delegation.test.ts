import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { systemClock } from '../core/clock.ts';
import { type DomainName, parseDomainName } from '../core/domain-name.ts';
import { parseRecordLine } from '../dns/record-line.ts';
import { scriptedDns, type ScriptedDns, type ScriptedServer } from '../../test/fixtures/scripted-dns.ts';
import { createDelegationChecker, type DelegationReport, type Routes } from './delegation.ts';
import type { DelegationFault } from './delegation-fault.ts';

const NAME = '_acme-challenge.example.org';
const TARGET = parseDomainName('8e57.auth.example.net');
const RECORD = `${NAME}.  CNAME  ${TARGET}.`;
const RESOLVER = '10.0.0.53';

/** The challenge zone, delegated to our server, with two accounts. */
const OURS: Record<string, ScriptedServer> = {
  '192.0.2.99': {
    'auth.example.net': [
      'auth.example.net. NS ours.example.net.',
      '8e57.auth.example.net. A 192.0.2.7',
      'other.auth.example.net. A 192.0.2.7',
    ],
  },
  '192.0.2.98': {
    'example.net': [
      'example.net. NS ns.example.net.',
      'ns.example.net. A 192.0.2.98',
      'ours.example.net. A 192.0.2.99',
      'auth.example.net. NS ours.example.net.',
      'alias.example.net. CNAME 8e57.auth.example.net.',
      'elsewhere.example.net. A 192.0.2.9',
    ],
  },
};
const NS = [
  'example.org. NS ns1.example.org.',
  'example.org. NS ns2.example.org.',
  'ns1.example.org. A 192.0.2.1',
  'ns2.example.org. A 192.0.2.2',
];

/** The user's zone on two servers, with these records beside the NS records. */
function userZone(...lines: readonly string[]): Record<string, ScriptedServer> {
  return twoServers(lines, lines);
}

function twoServers(
  one: readonly string[] | 'dead' | 'refused' | 'servfail' | 'lame',
  two: typeof one,
): Record<string, ScriptedServer> {
  const serve = (lines: typeof one): ScriptedServer =>
    typeof lines === 'string' ? lines : { 'example.org': [...NS, ...lines] };
  return { ...OURS, '192.0.2.1': serve(one), '192.0.2.2': serve(two) };
}

function cname(at: string, to: string): string {
  return `${at}. CNAME ${to}.`;
}

function hop(index: number): string {
  return index === 0 ? NAME : `hop${index}.example.org`;
}

function chainOf(length: number, last: string): string[] {
  return Array.from({ length }, (_, index) => cname(hop(index), index === length - 1 ? last : hop(index + 1)));
}

/** DNAME has no word of its own in a record line; RFC 3597 writes it. */
function dname(at: string, to: string): string {
  return `${at}. DNAME ${to}.`;
}

interface Case {
  readonly what: string;
  readonly servers: Record<string, ScriptedServer>;
  readonly resolvers?: ScriptedDns['resolvers'];
  readonly routes?: Routes;
  readonly domain?: string;
  readonly target?: DomainName;
  /** Undefined: ready. */
  readonly fault?: DelegationFault;
  /** Each must stand in the message. */
  readonly says?: readonly string[];
  readonly warns?: RegExp;
  readonly notes?: RegExp;
}

async function examine(one: Case): Promise<{ report: DelegationReport; asked: readonly string[] }> {
  const resolvers = one.resolvers ?? { [RESOLVER]: {} };
  const { ask, asked } = scriptedDns({ servers: one.servers, resolvers });
  const checker = createDelegationChecker({
    resolvers: Object.keys(resolvers).map((address) => ({ address, port: 53 })),
    routes: one.routes,
    clock: systemClock,
    ask,
  });
  const domain = parseDomainName(one.domain ?? 'example.org');
  const report = await checker.examineDelegation(domain, one.target ?? TARGET, AbortSignal.timeout(20_000));
  return { report, asked };
}

const route = (zone: string, ...addresses: string[]): [DomainName, { address: string; port: number }[]] => [
  parseDomainName(zone),
  addresses.map((address) => ({ address, port: 53 })),
];

const ready: readonly Case[] = [
  { what: 'the CNAME leads straight to the target', servers: userZone(cname(NAME, TARGET)) },
  { what: 'letter case differs', servers: userZone(cname('_Acme-Challenge.Example.ORG', '8E57.Auth.example.NET')) },
  { what: 'through another zone', servers: userZone(cname(NAME, 'alias.example.net')) },
  { what: 'a chain of 3', servers: userZone(...chainOf(3, TARGET)) },
  { what: 'a chain of 8', servers: userZone(...chainOf(8, TARGET)) },
  { what: 'a wildcard that leads to the target', servers: userZone(cname('*.example.org', TARGET)) },
  {
    what: 'a DNAME that leads to the target',
    servers: userZone(
      dname(NAME.replace('_acme-challenge.', 'moved.'), 'auth.example.net'),
      cname(NAME, '8e57.moved.example.org'),
    ),
  },
  {
    what: 'one of two servers is dead',
    servers: twoServers([cname(NAME, TARGET)], 'dead'),
    warns: /ns2\.example\.org .*did not answer/,
  },
  {
    what: 'one of two servers refuses',
    servers: twoServers([cname(NAME, TARGET)], 'refused'),
    warns: /ns2\.example\.org .*REFUSED/,
  },
  {
    what: 'one of two servers is lame',
    servers: twoServers([cname(NAME, TARGET)], 'lame'),
    warns: /ns2\.example\.org .*without authority/,
  },
  {
    what: 'a resolver remembers that it was missing',
    servers: userZone(cname(NAME, TARGET)),
    resolvers: {
      [RESOLVER]: {
        [`${NAME} CNAME`]: { rcode: 'NXDOMAIN', authority: [parseRecordLine('example.org. 41 SOA a. b. 1 2 3 4 60')] },
      },
    },
    notes: /10\.0\.0\.53 still remembers .* 41 s/,
  },
  {
    what: 'the first resolver is dead',
    servers: userZone(cname(NAME, TARGET)),
    resolvers: { '10.0.0.1': 'dead', [RESOLVER]: {} },
  },
  {
    what: 'no server of the zone can be reached, and the resolver has it',
    servers: twoServers('dead', 'dead'),
    resolvers: {
      [RESOLVER]: {
        'example.org SOA': { answers: [parseRecordLine('example.org. 300 SOA a. b. 1 2 3 4 60')] },
        'example.org NS': { answers: [parseRecordLine('example.org. 300 NS ns1.example.org.')] },
        'ns1.example.org A': { answers: [parseRecordLine('ns1.example.org. 300 A 192.0.2.1')] },
        [`${NAME} CNAME`]: { answers: [parseRecordLine(`${NAME}. 300 CNAME ${TARGET}.`)] },
      },
    },
    warns: /no server of the zone example\.org could be asked .* so the resolvers were/,
  },
  {
    what: 'servers given by hand, and no resolver at all',
    servers: userZone(cname(NAME, TARGET)),
    resolvers: { [RESOLVER]: 'dead' },
    routes: new Map([route('example.org', '192.0.2.1'), route('auth.example.net', '192.0.2.99')]),
  },
  {
    what: 'NS records hand the very name to our server, and no CNAME is needed',
    servers: {
      ...userZone(`${NAME}. NS ours.example.net.`),
      '192.0.2.99': { [NAME]: [`${NAME}. NS ours.example.net.`] },
    },
    target: parseDomainName(NAME),
  },
  {
    what: 'acme-dns answers NXDOMAIN for a registered name without values',
    servers: {
      ...userZone(cname(NAME, TARGET)),
      '192.0.2.99': { 'auth.example.net': ['auth.example.net. NS ours.example.net.'] },
    },
  },
  {
    what: 'a host in a private zone of one label',
    servers: {
      ...OURS,
      '192.0.2.5': {
        lan: [
          'lan. NS ns.lan.',
          'ns.lan. A 192.0.2.5',
          cname('_acme-challenge.host.lan', TARGET),
          'host.lan. A 192.0.2.6',
        ],
      },
    },
    domain: 'host.lan',
  },
];

const faulty: readonly (Case & { fault: DelegationFault; says: readonly string[] })[] = [
  {
    what: 'nothing is there',
    servers: userZone(),
    fault: 'cname-missing',
    says: [
      'zone example.org',
      'ns1.example.org (192.0.2.1) and ns2.example.org (192.0.2.2)',
      `add at your DNS provider:  ${RECORD}`,
    ],
  },
  {
    what: 'nothing is there for a host in the zone',
    servers: userZone('www.example.org. A 192.0.2.6'),
    domain: 'www.example.org',
    fault: 'cname-missing',
    says: ['zone example.org', `add at your DNS provider:  _acme-challenge.www.example.org.  CNAME  ${TARGET}.`],
  },
  {
    what: 'TXT stands there',
    servers: userZone(`${NAME}. TXT "old"`, `${NAME}. TXT "older"`),
    fault: 'txt-in-the-way',
    says: ['2 TXT records', 'remove all TXT records', RECORD],
  },
  {
    what: 'the name was typed whole into a form that appends the zone',
    servers: userZone(cname(`${NAME}.example.org`, TARGET)),
    fault: 'name-doubled',
    says: [`${NAME}.example.org.`, 'enter the name as "_acme-challenge"', RECORD],
  },
  {
    what: 'the dot at the end of the target is missing',
    servers: userZone(cname(NAME, `${TARGET}.example.org`)),
    fault: 'target-appended',
    says: [`${TARGET}.example.org.`, 'the dot at its end', RECORD],
  },
  {
    what: 'the dot is missing at a later CNAME',
    servers: userZone(cname(NAME, 'b.example.org'), cname('b.example.org', `${TARGET}.example.org`)),
    fault: 'target-appended',
    says: ['at b.example.org', `replace it at your DNS provider by:  b.example.org.  CNAME  ${TARGET}.`],
  },
  {
    what: 'the account of another domain',
    servers: userZone(cname(NAME, 'other.auth.example.net')),
    fault: 'wrong-account',
    says: ['other.auth.example.net.', 'challenge zone auth.example.net', RECORD],
  },
  {
    what: 'an account that is gone',
    servers: userZone(cname(NAME, 'gone.auth.example.net')),
    fault: 'wrong-account',
    says: ['gone.auth.example.net.', RECORD],
  },
  {
    what: 'somewhere else',
    servers: userZone(cname(NAME, 'elsewhere.example.net')),
    fault: 'wrong-target',
    says: [`${NAME} -> elsewhere.example.net`, RECORD],
  },
  {
    what: 'to a name that does not exist',
    servers: userZone(cname(NAME, 'nowhere.example.net')),
    fault: 'dangling-target',
    says: [`${NAME} -> nowhere.example.net`, 'does not exist', RECORD],
  },
  {
    what: 'a wildcard answers for everything',
    servers: userZone(cname('*.example.org', 'elsewhere.example.net')),
    fault: 'wildcard-cname',
    says: ['*.example.org. CNAME elsewhere.example.net.', 'may stay', RECORD],
  },
  {
    what: 'a wildcard further up answers',
    servers: userZone(cname('*.example.org', 'elsewhere.example.net')),
    domain: 'a.b.example.org',
    fault: 'wildcard-cname',
    says: ['the wildcard *.example.org.'],
  },
  {
    what: 'a DNAME above moves the name',
    servers: userZone('sub.example.org. A 192.0.2.6', dname('sub.example.org', 'elsewhere.example.net')),
    domain: 'sub.example.org',
    fault: 'dname',
    says: ['a DNAME at sub.example.org.', `_acme-challenge.elsewhere.example.net.  CNAME  ${TARGET}.`],
  },
  {
    what: 'a circle',
    servers: userZone(
      cname(NAME, 'a.example.org'),
      cname('a.example.org', 'b.example.org'),
      cname('b.example.org', 'a.example.org'),
    ),
    fault: 'cname-loop',
    says: [`${NAME} -> a.example.org -> b.example.org -> a.example.org`, RECORD],
  },
  { what: 'a name that leads to itself', servers: userZone(cname(NAME, NAME)), fault: 'cname-loop', says: [RECORD] },
  {
    what: 'a chain of 9',
    servers: userZone(...chainOf(9, TARGET)),
    fault: 'chain-too-long',
    says: ['more than 8', RECORD],
  },
  {
    what: 'one server has it and the other not yet',
    servers: twoServers([cname(NAME, TARGET)], []),
    fault: 'not-on-all-servers',
    says: ['right on ns1.example.org (192.0.2.1)', 'ns2.example.org (192.0.2.2) does not have it yet', 'wait'],
  },
  {
    what: 'one server still has the old one',
    servers: twoServers([cname(NAME, 'other.auth.example.net')], [cname(NAME, TARGET)]),
    fault: 'not-on-all-servers',
    says: ['right on ns2.example.org', 'still says other.auth.example.net'],
  },
  {
    what: 'the domain is not registered',
    servers: { ...OURS, '192.0.2.50': { org: ['org. NS ns.org.', 'ns.org. A 192.0.2.50'] } },
    fault: 'zone-not-found',
    says: ['example.org does not exist', RECORD],
  },
  {
    what: 'not even the top-level name exists',
    servers: OURS,
    fault: 'zone-not-found',
    says: ['example.org does not exist'],
  },
  {
    what: 'all servers are dead',
    servers: twoServers('dead', 'dead'),
    resolvers: {
      [RESOLVER]: {
        'example.org SOA': { answers: [parseRecordLine('example.org. 300 SOA a. b. 1 2 3 4 60')] },
        'example.org NS': { answers: NS.slice(0, 1).map((line) => parseRecordLine(line)) },
        'ns1.example.org A': { answers: [parseRecordLine(NS[2] ?? '')] },
        [`${NAME} CNAME`]: { rcode: 'SERVFAIL' },
      },
    },
    fault: 'zone-servers-failed',
    says: ['can be reached', 'ns1.example.org', RECORD],
  },
  {
    what: 'no server can be reached, and the resolver says that nothing is there',
    servers: twoServers('dead', 'dead'),
    resolvers: {
      [RESOLVER]: {
        'example.org SOA': { answers: [parseRecordLine('example.org. 300 SOA a. b. 1 2 3 4 60')] },
        'example.org NS': { answers: NS.slice(0, 1).map((line) => parseRecordLine(line)) },
        'ns1.example.org A': { answers: [parseRecordLine(NS[2] ?? '')] },
        [`${NAME} CNAME`]: { rcode: 'NXDOMAIN', authority: [parseRecordLine('example.org. 41 SOA a. b. 1 2 3 4 60')] },
      },
    },
    fault: 'cname-missing',
    says: ['the resolver 10.0.0.53', 'from memory for 41 s', RECORD],
  },
  {
    what: 'all servers given by hand refuse',
    servers: twoServers('refused', 'servfail'),
    routes: new Map([route('example.org', '192.0.2.1', '192.0.2.2')]),
    fault: 'zone-servers-failed',
    says: ['192.0.2.1: REFUSED and 192.0.2.2: SERVFAIL', RECORD],
  },
  {
    what: 'NS records hand the name to a server that does not serve it',
    servers: userZone(`${NAME}. NS ours.example.net.`),
    resolvers: { [RESOLVER]: { [`${NAME} CNAME`]: { rcode: 'SERVFAIL' } } },
    fault: 'delegated-not-served',
    says: [`NS records at ${NAME}.`, 'REFUSED', 'remove these NS records', RECORD],
  },
  {
    what: 'DNSSEC is broken',
    servers: userZone(cname(NAME, TARGET)),
    resolvers: { [RESOLVER]: 'bogus' },
    fault: 'dnssec-broken',
    says: ['DNSSEC of example.org', 'DS record', RECORD],
  },
  {
    what: 'resolvers fail',
    servers: userZone(cname(NAME, TARGET)),
    resolvers: { [RESOLVER]: 'servfail' },
    fault: 'resolver-failed',
    says: ['10.0.0.53 answer SERVFAIL', RECORD],
  },
  {
    what: 'resolvers refuse',
    servers: userZone(cname(NAME, TARGET)),
    resolvers: { [RESOLVER]: 'refused' },
    fault: 'resolver-failed',
    says: ['REFUSED'],
  },
  {
    what: 'resolvers are dead',
    servers: userZone(cname(NAME, TARGET)),
    resolvers: { [RESOLVER]: 'dead' },
    fault: 'resolvers-unreachable',
    says: ['no resolver answers', RECORD],
  },
  {
    what: 'no resolver is configured',
    servers: userZone(cname(NAME, TARGET)),
    resolvers: {},
    fault: 'resolvers-unreachable',
    says: ['none is configured'],
  },
  {
    what: 'the challenge zone is not delegated',
    servers: {
      ...userZone(cname(NAME, TARGET)),
      '192.0.2.98': { 'example.net': ['example.net. NS ns.example.net.', 'ns.example.net. A 192.0.2.98'] },
      '192.0.2.99': 'refused',
    },
    fault: 'target-not-delegated',
    says: [
      'auth.example.net is not found under example.net',
      'add at the DNS provider of example.net:  auth.example.net.  NS  ',
    ],
  },
  {
    what: 'the challenge zone is not delegated, and a wildcard hides it',
    servers: {
      ...userZone(cname(NAME, TARGET)),
      '192.0.2.98': {
        'example.net': [
          'example.net. NS ns.example.net.',
          'ns.example.net. A 192.0.2.98',
          '*.example.net. A 192.0.2.80',
        ],
      },
      '192.0.2.99': 'refused',
    },
    fault: 'target-not-delegated',
    says: ['auth.example.net'],
  },
  {
    what: 'the challenge zone is not delegated, and a wildcard has TXT',
    servers: {
      ...userZone(cname(NAME, TARGET)),
      '192.0.2.98': {
        'example.net': [
          'example.net. NS ns.example.net.',
          'ns.example.net. A 192.0.2.98',
          '*.example.net. TXT "v=spf1 -all"',
        ],
      },
      '192.0.2.99': 'refused',
    },
    fault: 'target-not-delegated',
    says: ['auth.example.net'],
  },
  {
    what: 'our server is down',
    servers: { ...userZone(cname(NAME, TARGET)), '192.0.2.99': 'dead' },
    routes: new Map([route('auth.example.net', '192.0.2.99')]),
    fault: 'target-not-served',
    says: ['192.0.2.99 did not answer', 'check that the server runs'],
  },
];

describe('a delegation is ready when', () => {
  for (const one of ready) {
    test(one.what, async () => {
      const { report } = await examine(one);
      assert.equal(report.finding.kind, 'ready', report.finding.kind === 'missing' ? report.finding.message : '');
      assert.match(report.warnings.join('\n'), one.warns ?? /^$/);
      assert.match(report.notes.join('\n'), one.notes ?? /^$/);
    });
  }
});

describe('a delegation is faulty when', () => {
  for (const one of faulty) {
    test(`${one.what}: ${one.fault}`, async () => {
      const { finding } = (await examine(one)).report;
      assert.ok(finding.kind === 'missing', 'it is said to be ready');
      assert.equal(finding.fault, one.fault, finding.message);
      for (const part of one.says) assert.ok(finding.message.includes(part), `"${part}" is not in: ${finding.message}`);
      assert.ok(!finding.message.includes('\n'), 'one sentence stands in one line');
    });
  }

  test('every fault has a case here', () => {
    // The record is complete by its type: a new fault without a line here does not compile.
    const all: Record<DelegationFault, true> = {
      'cname-missing': true,
      'txt-in-the-way': true,
      'name-doubled': true,
      'target-appended': true,
      'wrong-account': true,
      'wrong-target': true,
      'dangling-target': true,
      'wildcard-cname': true,
      dname: true,
      'cname-loop': true,
      'chain-too-long': true,
      'not-on-all-servers': true,
      'zone-not-found': true,
      'zone-servers-failed': true,
      'delegated-not-served': true,
      'dnssec-broken': true,
      'resolver-failed': true,
      'resolvers-unreachable': true,
      'target-not-delegated': true,
      'target-not-served': true,
    };
    const covered = new Set(faulty.map(({ fault }) => fault));
    assert.deepEqual(
      Object.keys(all).filter((fault) => !covered.has(fault as DelegationFault)),
      [],
    );
  });
});

describe('a look leaves nothing behind', () => {
  test('no resolver is asked for a CNAME that is missing, nor ever for TXT', async () => {
    for (const servers of [userZone(), userZone(cname(NAME, TARGET))]) {
      const { asked } = await examine({ what: '', servers });
      const atResolver = asked.filter((line) => line.endsWith(`@${RESOLVER}`));
      assert.deepEqual(
        atResolver.filter((line) => line.includes(' TXT ')),
        [],
      );
      assert.ok(atResolver.length > 0);
      const isThere = servers['192.0.2.1'] !== undefined && JSON.stringify(servers['192.0.2.1']).includes('CNAME');
      assert.equal(
        atResolver.some((line) => line.startsWith(NAME)),
        isThere,
      );
    }
  });

  test('with servers given by hand no resolver is asked at all', async () => {
    const { report, asked } = await examine({
      what: '',
      servers: userZone(cname(NAME, TARGET)),
      routes: new Map([route('example.org', '192.0.2.1'), route('auth.example.net', '192.0.2.99')]),
    });
    assert.equal(report.finding.kind, 'ready');
    assert.deepEqual(
      asked.filter((line) => line.endsWith(`@${RESOLVER}`)),
      [],
    );
  });

  test('in a closed network too no resolver is asked for the target', async () => {
    const { ask, asked } = scriptedDns({ servers: userZone(cname(NAME, TARGET)), resolvers: { [RESOLVER]: {} } });
    const checker = createDelegationChecker({
      resolvers: [{ address: RESOLVER, port: 53 }],
      clock: systemClock,
      async ask(question, server, options) {
        if (server.address !== RESOLVER) throw new Error('cannot be reached');
        return await ask(question, server, options);
      },
    });
    const report = await checker.examineDelegation(parseDomainName('example.org'), TARGET, AbortSignal.timeout(5000));
    assert.equal(report.finding.kind, 'ready', JSON.stringify(report));
    assert.match(report.warnings.join(), /so the resolvers were/);
    assert.deepEqual(
      asked.filter((line) => line.startsWith(TARGET)),
      [],
    );
  });

  test('zones are found once for the names of one order', async () => {
    const { ask, asked } = scriptedDns({ servers: userZone(), resolvers: { [RESOLVER]: {} } });
    const checker = createDelegationChecker({ resolvers: [{ address: RESOLVER, port: 53 }], clock: systemClock, ask });
    for (let round = 0; round < 3; round += 1) {
      await checker.checkDelegation(parseDomainName('example.org'), TARGET, AbortSignal.timeout(5000));
    }
    assert.equal(asked.filter((line) => line === `example.org SOA @${RESOLVER}`).length, 1);
    assert.equal(asked.filter((line) => line === `${NAME} TXT @192.0.2.1`).length, 3);
  });

  test('signatures that break only the name itself are seen at the resolvers, once all of them say so', async () => {
    const resolvers = ['10.0.0.53', '10.0.0.54'];
    const { ask } = scriptedDns({
      servers: userZone(cname(NAME, TARGET)),
      resolvers: { '10.0.0.53': {}, '10.0.0.54': {} },
    });
    for (const [bogusAt, fault] of [
      [resolvers, 'dnssec-broken'],
      [resolvers.slice(0, 1), undefined],
    ] as const) {
      const checker = createDelegationChecker({
        resolvers: resolvers.map((address) => ({ address, port: 53 })),
        clock: systemClock,
        async ask(question, server, options) {
          const reply = await ask(question, server, options);
          const isBogus =
            question.name === NAME && bogusAt.includes(server.address) && options.checkingDisabled !== true;
          return isBogus ? { ...reply, rcode: 'SERVFAIL', answers: [] } : reply;
        },
      });
      const finding = await checker.checkDelegation(parseDomainName('example.org'), TARGET, AbortSignal.timeout(5000));
      assert.equal(finding.kind === 'missing' ? finding.fault : undefined, fault);
    }
  });

  test('where only resolvers are to be asked, no server of a zone is, and the target still is not', async () => {
    for (const [lines, kind] of [
      [[cname(NAME, TARGET)], 'ready'],
      [[], 'missing'],
    ] as const) {
      const { ask, asked } = scriptedDns({ servers: userZone(...lines), resolvers: { [RESOLVER]: {} } });
      const checker = createDelegationChecker({
        resolvers: [{ address: RESOLVER, port: 53 }],
        resolversOnly: true,
        clock: systemClock,
        ask,
      });
      const finding = await checker.checkDelegation(parseDomainName('example.org'), TARGET, AbortSignal.timeout(5000));
      assert.equal(finding.kind, kind);
      assert.deepEqual(
        asked.filter((question) => !question.endsWith(`@${RESOLVER}`) || question.startsWith(TARGET)),
        [],
      );
    }
  });

  test('an abort ends it with the reason', async () => {
    const reason = new Error('enough');
    const { ask } = scriptedDns({ servers: userZone(), resolvers: { [RESOLVER]: {} } });
    const stop = new AbortController();
    const checker = createDelegationChecker({
      resolvers: [{ address: RESOLVER, port: 53 }],
      clock: systemClock,
      ask: (question, server, options) => {
        if (question.type === 'TXT') stop.abort(reason);
        return ask(question, server, options);
      },
    });
    await assert.rejects(checker.checkDelegation(parseDomainName('example.org'), TARGET, stop.signal), reason);
  });
});
