import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import { systemClock } from '../../src/core/clock.ts';
import { parseDomainName } from '../../src/core/domain-name.ts';
import { DomainError } from '../../src/core/error.ts';
import { createNameTable } from '../../src/dns/name-table.ts';
import { type NameServer, query } from '../../src/dns/query.ts';
import type { Ask } from '../../src/dns01/ask.ts';
import { parseRecordLine } from '../../src/dns/record-line.ts';
import { type DnsServer, startDnsServer } from '../../src/dns/server.ts';
import { createDelegationChecker, type DelegationReport } from '../../src/dns01/delegation.ts';
import type { DelegationFault } from '../../src/dns01/delegation-fault.ts';
import { checkZoneReachable } from '../../src/dns01/zone-reachable.ts';
import { freePort } from './free-port.ts';
import { startKnot } from './knot.ts';
import { startNsd } from './nsd.ts';
import { peers } from './require-peer.ts';
import { startUnbound, type Unbound } from './unbound.ts';
import type { UserZones } from './user-zones.ts';

const DOMAIN = parseDomainName('example.org');
const NAME = '_acme-challenge.example.org';
const ZONE = parseDomainName('auth.example.net');
const TARGET = parseDomainName('8e57.auth.example.net');
const RIGHT = `_acme-challenge CNAME ${TARGET}.`;

function label(index: number): string {
  return index === 0 ? '_acme-challenge' : `hop${index}`;
}

/** A chain of CNAMEs in the zone file's own notation. */
function chainOf(length: number): string {
  const lines = Array.from({ length }, (_, index) =>
    index === length - 1 ? `${label(index)} CNAME ${TARGET}.` : `${label(index)} CNAME ${label(index + 1)}`,
  );
  return lines.join('\n');
}

/** As in a closed network, where only the resolver on its own port can be asked. */
const withoutPort53: Ask = async (question, server, options) => {
  if (server.port === 53) throw new DomainError('dns-unreachable', `${server.address} cannot be reached`);
  return await query(question, server, options);
};

const cases: readonly { what: string; zone: string; fault?: DelegationFault; domain?: string; says?: string }[] = [
  { what: 'the right CNAME', zone: RIGHT },
  {
    what: 'no CNAME',
    zone: '',
    fault: 'cname-missing',
    says: `add at your DNS provider:  ${NAME}.  CNAME  ${TARGET}.`,
  },
  {
    what: 'a wrong target',
    zone: '_acme-challenge CNAME ns',
    fault: 'wrong-target',
    says: `${NAME} -> ns.example.org`,
  },
  { what: 'another account', zone: `_acme-challenge CNAME other.${ZONE}.`, fault: 'wrong-account' },
  { what: 'a target that does not exist', zone: '_acme-challenge CNAME nowhere', fault: 'dangling-target' },
  { what: 'a chain of 3', zone: chainOf(3) },
  { what: 'a chain of 8', zone: chainOf(8) },
  { what: 'a chain of 9', zone: chainOf(9), fault: 'chain-too-long' },
  { what: 'a loop', zone: '_acme-challenge CNAME a\na CNAME _acme-challenge', fault: 'cname-loop' },
  { what: 'another zone in between', zone: '_acme-challenge CNAME alias.example.com.' },
  { what: 'a wildcard that leads to the target', zone: `* CNAME ${TARGET}.` },
  {
    what: 'a wildcard that leads elsewhere',
    zone: '* CNAME ns',
    fault: 'wildcard-cname',
    says: '*.example.org. CNAME ns.example.org.',
  },
  { what: 'the missing dot at the end', zone: `_acme-challenge CNAME ${TARGET}`, fault: 'target-appended' },
  { what: 'the zone twice in the name', zone: `${NAME} CNAME ${TARGET}.`, fault: 'name-doubled' },
  { what: 'TXT in the way', zone: '_acme-challenge TXT "left over"', fault: 'txt-in-the-way' },
  { what: 'a DNAME that leads to the target', zone: `_acme-challenge CNAME 8e57.d\nd DNAME ${ZONE}.` },
  {
    what: 'a DNAME above that leads elsewhere',
    zone: 'sub DNAME example.com.',
    domain: 'sub.example.org',
    fault: 'dname',
  },
  {
    what: 'NS records to a server that does not serve the name',
    zone: `_acme-challenge NS ours.${ZONE}.`,
    fault: 'delegated-not-served',
  },
  { what: 'upper case', zone: `_ACME-Challenge CNAME ${TARGET.toUpperCase()}.` },
];

function check(report: DelegationReport, fault: string | undefined, says = ''): void {
  const { finding } = report;
  assert.equal(finding.kind === 'missing' ? finding.fault : undefined, fault, JSON.stringify(report));
  if (finding.kind === 'missing') assert.ok(finding.message.includes(says), finding.message);
}

describe('a delegation as real name servers show it', { skip: peers('nsd', 'knotd', 'unbound') }, () => {
  let nsd: UserZones;
  let knot: UserZones;
  let ours: DnsServer;
  let oursAt: NameServer;
  let unbound: Unbound;
  const names = createNameTable();
  const zones = { 'example.org': RIGHT, 'example.com': `alias CNAME ${TARGET}.\n_acme-challenge A 127.0.0.1` };

  before(async () => {
    names.set(TARGET, []);
    names.set(parseDomainName(`other.${ZONE}`), []);
    ours = await startDnsServer({
      listeners: [
        { address: '127.0.0.1', port: 0, transport: 'udp' },
        { address: '127.0.0.1', port: 0, transport: 'tcp' },
      ],
      zones: [
        {
          origin: ZONE,
          primary: parseDomainName(`ours.${ZONE}`),
          mailbox: parseDomainName(`hostmaster.${ZONE}`),
          records: [parseRecordLine(`${ZONE}. 1 NS ours.${ZONE}.`), parseRecordLine(`ours.${ZONE}. 1 A 127.0.0.1`)],
        },
      ],
      names,
      workers: 0,
    });
    oursAt = { address: '127.0.0.1', port: ours.addresses[0]?.port ?? 0 };
    [nsd, knot] = await Promise.all([startNsd({ zones }), startKnot({ zones })]);
    unbound = await startUnbound({
      stubs: {
        'example.org': `127.0.0.1@${nsd.port}`,
        'example.com': `127.0.0.1@${nsd.port}`,
        [ZONE]: `127.0.0.1@${oursAt.port}`,
      },
    });
  });

  after(async () => {
    await Promise.all([unbound?.stop(), nsd?.stop(), knot?.stop(), ours?.stop()]);
  });

  /** Routes stand in for port 53. The name itself has one too, for the case of NS records. */
  async function examine(users: readonly NameServer[], domain = 'example.org'): Promise<DelegationReport> {
    const checker = createDelegationChecker({
      resolvers: [unbound],
      routes: new Map([
        [DOMAIN, users],
        [parseDomainName('example.com'), [nsd]],
        [ZONE, [oursAt]],
        [parseDomainName(NAME), [oursAt]],
      ]),
      clock: systemClock,
    });
    return await checker.examineDelegation(parseDomainName(domain), TARGET, AbortSignal.timeout(20_000));
  }

  for (const { what, zone, fault, says, domain } of cases) {
    test(`${what}: ${fault ?? 'ready'}`, async () => {
      await Promise.all([nsd.replaceZone('example.org', zone), knot.replaceZone('example.org', zone)]);
      check(await examine([nsd, knot], domain), fault, says);
    });
  }

  test('one of two servers lags behind, and it goes on when that one has caught up', async () => {
    await Promise.all([nsd.replaceZone('example.org', RIGHT), knot.replaceZone('example.org', '')]);
    const lagging = await examine([nsd, knot]);
    check(lagging, 'not-on-all-servers', `127.0.0.1:${knot.port} does not have it yet`);
    await knot.replaceZone('example.org', RIGHT);
    check(await examine([nsd, knot]), undefined);
  });

  test('one of three servers never answers: a warning, and no long wait', async (t) => {
    await Promise.all([nsd.replaceZone('example.org', RIGHT), knot.replaceZone('example.org', RIGHT)]);
    const silent = createSocket('udp4');
    t.after(() => silent.close());
    silent.bind(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address();
    const start = performance.now();
    const report = await examine([nsd, knot, { address: '127.0.0.1', port }]);
    check(report, undefined);
    assert.match(report.warnings.join('\n'), new RegExp(`127\\.0\\.0\\.1:${port} of the zone example\\.org`));
    assert.ok(performance.now() - start < 2500, 'it waits for the dead one no longer than it must');
  });

  test('all servers are dead', async () => {
    check(await examine([{ address: '127.0.0.1', port: await freePort() }]), 'zone-servers-failed');
  });

  test('the resolver alone, when no server of the zone can be asked', async () => {
    const checker = createDelegationChecker({ resolvers: [unbound], clock: systemClock, ask: withoutPort53 });
    for (const [zone, fault] of [
      ['', 'cname-missing'],
      ['_acme-challenge TXT "left over"', 'txt-in-the-way'],
      [RIGHT, undefined],
      [chainOf(3), undefined],
      ['_acme-challenge CNAME ns', 'wrong-target'],
    ] as const) {
      await nsd.replaceZone('example.org', zone);
      await unbound.flush();
      const report = await checker.examineDelegation(DOMAIN, TARGET, AbortSignal.timeout(20_000));
      check(report, fault);
      assert.match(report.warnings.join('\n'), /so the resolvers were/);
    }
  });

  test('the challenge zone through the resolver', async () => {
    const options = { resolvers: [unbound], clock: systemClock, primary: parseDomainName(`ours.${ZONE}`) };
    const routes = new Map([[ZONE, [oursAt]]]);
    const found = await checkZoneReachable(ZONE, { ...options, routes }, AbortSignal.timeout(20_000));
    assert.deepEqual(found, { kind: 'reachable', servers: [`127.0.0.1:${oursAt.port}`], warnings: [] });
    const strange = await checkZoneReachable(
      ZONE,
      { ...options, routes, primary: parseDomainName('ns.example.com') },
      AbortSignal.timeout(20_000),
    );
    assert.equal(strange.kind === 'unreachable' && strange.fault, 'zone-not-ours');
    const missing = await checkZoneReachable(parseDomainName('acme.example.org'), options, AbortSignal.timeout(20_000));
    assert.ok(missing.kind === 'unreachable');
    assert.equal(missing.fault, 'zone-not-delegated');
    assert.match(missing.message, /acme\.example\.org\. {2}NS {2}/);
  });
});
