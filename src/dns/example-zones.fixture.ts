import type { DomainName } from '../core/domain-name.ts';
import type { Served } from './lookup.ts';
import { CLASS_IN, encodeMessage, FLAG, type Message } from './message.ts';
import { createNameTable, type NameTable } from './name-table.ts';
import { NameTableReader } from './name-table-reader.ts';
import type { QueryType } from './record.ts';
import { parseRecordLine } from './record-line.ts';
import { buildZone } from './static-zone.ts';
import type { ZoneOptions } from './zone.ts';

/** 43 characters, as DNS-01 has them (RFC 8555 section 8.4). */
export const VALUE = 'LPsIwTo7o8BoG0-vjCyGQGBWSVIPxI-i_X336eUOQZo';
export const OTHER_VALUE = 'w4rP1jJ7d8QyX1Zk9m2b3cVdT5sR6uHnLaKoEeFf0g4';
export const SERIAL = 1_700_000_000;

export const name = (text: string): DomainName => text as DomainName;

/** The challenge zone: names that change in the table, and around them every kind of static record. */
export const challengeZone: ZoneOptions = {
  origin: name('auth.example.net'),
  primary: name('ns1.auth.example.net'),
  mailbox: name('hostmaster.example.net'),
  records: [
    'auth.example.net 3600 NS ns1.auth.example.net',
    'auth.example.net 3600 NS ns.elsewhere.example',
    'auth.example.net 300 A 192.0.2.1',
    'auth.example.net 300 CAA 0 issue "letsencrypt.org"',
    'ns1.auth.example.net A 192.0.2.53',
    'ns1.auth.example.net AAAA 2001:db8::53',
    'mail.auth.example.net MX 10 ns1.auth.example.net',
    'key._domainkey.auth.example.net TXT "v=DKIM1; p=AbCdEf" "gh"',
    '*.w.auth.example.net 60 A 192.0.2.7',
    'fixed.w.auth.example.net 60 AAAA 2001:db8::7',
    'below.host.w.auth.example.net 60 A 192.0.2.8',
    'alias.auth.example.net CNAME live.auth.example.net',
    'loop1.auth.example.net CNAME loop2.auth.example.net',
    'loop2.auth.example.net CNAME loop1.auth.example.net',
    'out.auth.example.net CNAME www.elsewhere.example',
    'into-cut.auth.example.net CNAME www.cut.auth.example.net',
    'cut.auth.example.net NS ns.cut.auth.example.net',
    'cut.auth.example.net DS 12345 13 2 00',
    'ns.cut.auth.example.net A 192.0.2.99',
    'mixed.auth.example.net 60 TXT "static"',
    'old.auth.example.net 60 DNAME auth.example.net',
    'old.auth.example.net A 192.0.2.11',
    'away.auth.example.net DNAME elsewhere.example',
    `longer.auth.example.net DNAME ${'long.'.repeat(12)}example`,
    'odd.auth.example.net TYPE731 \\# 3 abcdef',
  ]
    .map((line) => line.replace('DS 12345 13 2 00', 'TYPE43 \\# 5 30390d0200'))
    .map((line) => parseRecordLine(line)),
};

/** The user's zone at a DNS provider, with the delegation in it. */
export const userZone: ZoneOptions = {
  origin: name('example.org'),
  primary: name('ns1.example.org'),
  mailbox: name('hostmaster.example.org'),
  negativeTtl: 30,
  records: [
    'example.org NS ns1.example.org',
    'ns1.example.org A 192.0.2.54',
    '_acme-challenge.example.org 300 CNAME live.auth.example.net',
    '_acme-challenge.gone.example.org 300 CNAME gone.auth.example.net',
    '_acme-challenge.quiet.example.org 300 CNAME quiet.auth.example.net',
  ].map((line) => parseRecordLine(line)),
};

export const unknownZone: ZoneOptions = { ...userZone, origin: name('unknown.example'), records: [], known: false };

export function exampleNames(): NameTable {
  const names = createNameTable({ clock: { now: () => SERIAL * 1000, sleep: async () => {} } });
  names.set(name('live.auth.example.net'), [VALUE, OTHER_VALUE]);
  names.set(name('one.auth.example.net'), [VALUE]);
  names.set(name('quiet.auth.example.net'), []);
  names.set(name('mixed.auth.example.net'), [VALUE]);
  names.set(name('deep.under.auth.example.net'), [VALUE]);
  names.set(
    name('full.auth.example.net'),
    Array.from({ length: 40 }, (_, at) => `${VALUE.slice(2)}${at + 10}`),
  );
  names.set(name('long.auth.example.net'), ['x'.repeat(600)]);
  names.set(name('host.cut.auth.example.net'), [VALUE]);
  return names;
}

export function exampleServed(names = exampleNames(), zones = [challengeZone, userZone, unknownZone]): Served {
  const built = zones
    .map((zone) => buildZone(zone, SERIAL))
    .toSorted((one, other) => other.origin.length - one.origin.length);
  return { zones: built, names: new NameTableReader(names.memory), foreignZone: 'refused' };
}

/** A query as a resolver sends it. */
export function queryFor(question: string, type: QueryType, more: Partial<Message> = {}): Uint8Array {
  return encodeMessage({
    id: 0x1234,
    flags: FLAG.RD,
    opcode: 0,
    rcode: 'NOERROR',
    questions: [{ name: question, type, class: CLASS_IN }],
    answers: [],
    authority: [],
    additional: [],
    edns: { udpSize: 1232, version: 0, dnssecOk: false },
    ...more,
  });
}
