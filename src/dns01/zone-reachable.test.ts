import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { systemClock } from '../core/clock.ts';
import { parseDomainName } from '../core/domain-name.ts';
import { parseRecordLine } from '../dns/record-line.ts';
import { scriptedDns, type ScriptedDns, type ScriptedServer } from '../../test/fixtures/scripted-dns.ts';
import { checkZoneReachable, type ZoneFault } from './zone-reachable.ts';

const ZONE = parseDomainName('auth.example.net');
const RESOLVER = '10.0.0.53';
const NS = ['auth.example.net. NS one.example.net.', 'auth.example.net. NS two.example.net.'];
const PARENT: ScriptedServer = {
  'example.net': ['one.example.net. A 192.0.2.1', 'two.example.net. A 192.0.2.2', ...NS],
};
const OURS: ScriptedServer = { 'auth.example.net': NS };

const cases: readonly {
  what: string;
  servers: Record<string, ScriptedServer>;
  resolver?: ScriptedDns['resolvers'][string];
  primary?: string;
  fault?: ZoneFault;
  says?: RegExp;
}[] = [
  {
    what: 'both servers answer',
    servers: { '192.0.2.9': PARENT, '192.0.2.1': OURS, '192.0.2.2': OURS },
    primary: 'ns.invalid',
  },
  {
    what: 'one of two answers',
    servers: { '192.0.2.9': PARENT, '192.0.2.1': OURS, '192.0.2.2': 'dead' },
    says: /two\.example\.net: .*did not answer/,
  },
  {
    what: 'no NS records',
    servers: { '192.0.2.9': { 'example.net': [] } },
    fault: 'zone-not-delegated',
    says: /no NS records for it in the zone example\.net; add at the DNS provider of example\.net: {2}auth\.example\.net\. {2}NS {2}ns\.example\.net\.\n {2}ns\.example\.net\. {2}A {2}192\.0\.2\.7\n {2}ns\.example\.net\. {2}AAAA {2}2001:db8::7$/,
  },
  {
    what: 'NS records, and none serves it',
    servers: { '192.0.2.9': PARENT, '192.0.2.1': 'refused', '192.0.2.2': 'dead' },
    resolver: { 'auth.example.net NS': { answers: NS.map((line) => parseRecordLine(line)) } },
    fault: 'zone-servers-unreachable',
    says: /one\.example\.net: 192\.0\.2\.1 says REFUSED, .* and two\.example\.net: 192\.0\.2\.2 did not answer/,
  },
  {
    what: 'another program answers',
    servers: { '192.0.2.9': PARENT, '192.0.2.1': OURS, '192.0.2.2': OURS },
    primary: 'ns.example.net',
    fault: 'zone-not-ours',
    says: /one\.example\.net serves .* primary ns\.invalid/,
  },
  {
    what: 'DNSSEC is broken',
    servers: {},
    resolver: 'bogus',
    fault: 'zone-not-resolvable',
    says: /remove the DS record/,
  },
  { what: 'resolvers fail', servers: {}, resolver: 'servfail', fault: 'zone-not-resolvable', says: /answer SERVFAIL/ },
  {
    what: 'resolvers are dead',
    servers: {},
    resolver: 'dead',
    fault: 'zone-not-resolvable',
    says: /no resolver answers/,
  },
];

describe('the challenge zone from outside', () => {
  for (const { what, servers, resolver = {}, primary, fault, says } of cases) {
    test(what, async () => {
      const { ask } = scriptedDns({ servers, resolvers: { [RESOLVER]: resolver } });
      const found = await checkZoneReachable(
        ZONE,
        {
          resolvers: [{ address: RESOLVER, port: 53 }],
          clock: systemClock,
          ask,
          primary: primary === undefined ? undefined : parseDomainName(primary),
          nameServers: [{ name: parseDomainName('ns.example.net'), addresses: ['192.0.2.7', '2001:db8::7'] }],
        },
        AbortSignal.timeout(10_000),
      );
      assert.equal(found.kind === 'unreachable' ? found.fault : undefined, fault);
      assert.match(found.kind === 'unreachable' ? found.message : found.warnings.join('\n'), says ?? /^/);
    });
  }

  test('servers given by hand that do not serve it', async () => {
    const { ask } = scriptedDns({ servers: { '192.0.2.1': 'refused', '192.0.2.2': 'dead' }, resolvers: {} });
    const servers = ['192.0.2.1', '192.0.2.2'].map((address) => ({ address, port: 53 }));
    const options = { resolvers: [], routes: new Map([[ZONE, servers]]), clock: systemClock, ask };
    const found = await checkZoneReachable(ZONE, options, AbortSignal.timeout(10_000));
    assert.ok(found.kind === 'unreachable');
    assert.equal(found.fault, 'zone-servers-unreachable');
    assert.match(found.message, /192\.0\.2\.1 says REFUSED.*192\.0\.2\.2 did not answer/);
  });
});
