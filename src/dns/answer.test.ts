import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { assertNever } from '../core/assert-never.ts';
import { answer, type Transport } from './answer.ts';
import {
  challengeZone,
  exampleNames,
  exampleServed,
  name,
  OTHER_VALUE,
  queryFor,
  SERIAL,
  userZone,
  VALUE,
} from './example-zones.fixture.ts';
import { decodeMessage, FLAG, type Message } from './message.ts';
import { type QueryType, type ResourceRecord, txtValue } from './record.ts';

const served = exampleServed();

function ask(
  question: string,
  type: QueryType,
  more: Partial<Message> = {},
  transport: Transport = 'udp',
  by = served,
): Message {
  const reply = answer(queryFor(question, type, more), by, transport);
  assert.ok(reply, 'an answer');
  return decodeMessage(reply);
}

/** One record in a line, as dig shows it, so that tables can be read. */
function line(record: ResourceRecord): string {
  const head = `${record.name} ${record.ttl} ${record.type}`;
  switch (record.type) {
    case 'A':
    case 'AAAA':
      return `${head} ${record.address}`;
    case 'NS':
    case 'CNAME':
    case 'DNAME':
    case 'PTR':
      return `${head} ${record.target}`;
    case 'SOA':
      return `${head} ${record.primary} ${record.mailbox} ${record.serial} ${record.minimum}`;
    case 'TXT':
      return `${head} ${txtValue(record)}`;
    case 'MX':
      return `${head} ${record.preference} ${record.exchange}`;
    case 'CAA':
      return `${head} ${record.flags} ${record.tag} ${record.value}`;
    case 'UNKNOWN':
      return `${head}${record.typeCode} ${Buffer.from(record.data).toString('hex')}`;
    case 'SRV':
    case 'SVCB':
    case 'HTTPS':
      return head;
    default:
      return assertNever(record);
  }
}

function shown(message: Message): string[] {
  return [
    `${message.rcode}${(message.flags & FLAG.AA) === 0 ? '' : ' aa'}${(message.flags & FLAG.TC) === 0 ? '' : ' tc'}`,
    ...message.answers.map((record) => `an ${line(record)}`),
    ...message.authority.map((record) => `au ${line(record)}`),
    ...message.additional.map((record) => `ad ${line(record)}`),
  ];
}

const SOA = `au auth.example.net 1 SOA ns1.auth.example.net hostmaster.example.net ${SERIAL} 1`;
const GLUE = ['ad ns1.auth.example.net 3600 A 192.0.2.53', 'ad ns1.auth.example.net 3600 AAAA 2001:db8::53'];

const TABLE: { what: string; ask: [string, QueryType]; gets: string[] }[] = [
  {
    what: 'RFC 8555 8.4: all TXT values of a name, with a short TTL',
    ask: ['live.auth.example.net', 'TXT'],
    gets: ['NOERROR aa', `an live.auth.example.net 1 TXT ${VALUE}`, `an live.auth.example.net 1 TXT ${OTHER_VALUE}`],
  },
  {
    what: 'RFC 2308 2.2: a registered name without values is NODATA',
    ask: ['quiet.auth.example.net', 'TXT'],
    gets: ['NOERROR aa', SOA],
  },
  {
    what: 'RFC 2308 2.2: another type at a name with TXT is NODATA',
    ask: ['live.auth.example.net', 'AAAA'],
    gets: ['NOERROR aa', SOA],
  },
  {
    what: 'RFC 2308 2.1: nothing at or below is NXDOMAIN with SOA',
    ask: ['nothing.auth.example.net', 'TXT'],
    gets: ['NXDOMAIN aa', SOA],
  },
  {
    what: 'RFC 8020: below a name of the table there is nothing',
    ask: ['x.live.auth.example.net', 'TXT'],
    gets: ['NXDOMAIN aa', SOA],
  },
  {
    what: 'RFC 8020: an empty non-terminal of the table exists',
    ask: ['under.auth.example.net', 'TXT'],
    gets: ['NOERROR aa', SOA],
  },
  {
    what: 'RFC 8020: an empty non-terminal of static records exists',
    ask: ['_domainkey.auth.example.net', 'TXT'],
    gets: ['NOERROR aa', SOA],
  },
  {
    what: 'a name two labels below the zone is served from the table',
    ask: ['deep.under.auth.example.net', 'TXT'],
    gets: ['NOERROR aa', `an deep.under.auth.example.net 1 TXT ${VALUE}`],
  },
  {
    what: 'RFC 1035 3.3.14: a value over 255 octets is several strings of one record',
    ask: ['long.auth.example.net', 'TXT'],
    gets: ['NOERROR aa', `an long.auth.example.net 1 TXT ${'x'.repeat(600)}`],
  },
  {
    what: 'static and changing TXT of one name are one set, the static ones first',
    ask: ['mixed.auth.example.net', 'TXT'],
    gets: ['NOERROR aa', 'an mixed.auth.example.net 1 TXT static', `an mixed.auth.example.net 1 TXT ${VALUE}`],
  },
  {
    what: 'the case of static data is kept',
    ask: ['key._domainkey.auth.example.net', 'TXT'],
    gets: ['NOERROR aa', 'an key._domainkey.auth.example.net 3600 TXT v=DKIM1; p=AbCdEfgh'],
  },
  {
    what: 'RFC 1035 3.3.13: the SOA at the apex',
    ask: ['auth.example.net', 'SOA'],
    gets: ['NOERROR aa', `an auth.example.net 60 SOA ns1.auth.example.net hostmaster.example.net ${SERIAL} 1`],
  },
  {
    what: 'RFC 1034 4.3.2: NS at the apex is data, with the addresses we have',
    ask: ['auth.example.net', 'NS'],
    gets: [
      'NOERROR aa',
      'an auth.example.net 3600 NS ns1.auth.example.net',
      'an auth.example.net 3600 NS ns.elsewhere.example',
      ...GLUE,
    ],
  },
  {
    what: 'RFC 8659: CAA at the apex',
    ask: ['auth.example.net', 'CAA'],
    gets: ['NOERROR aa', 'an auth.example.net 300 CAA 0 issue letsencrypt.org'],
  },
  { what: 'RFC 2308: NODATA at the apex', ask: ['auth.example.net', 'MX'], gets: ['NOERROR aa', SOA] },
  {
    what: 'RFC 1035 3.3.9: MX, with addresses',
    ask: ['mail.auth.example.net', 'MX'],
    gets: ['NOERROR aa', 'an mail.auth.example.net 3600 MX 10 ns1.auth.example.net', ...GLUE],
  },
  {
    what: 'RFC 3597: a type that is not known',
    ask: ['odd.auth.example.net', 'TYPE731'],
    gets: ['NOERROR aa', 'an odd.auth.example.net 3600 UNKNOWN731 abcdef'],
  },
  {
    what: 'RFC 4592 2.2.1: a wildcard',
    ask: ['any.w.auth.example.net', 'A'],
    gets: ['NOERROR aa', 'an any.w.auth.example.net 60 A 192.0.2.7'],
  },
  {
    what: 'RFC 4592 2.2.1: a wildcard over several labels',
    ask: ['a.b.w.auth.example.net', 'A'],
    gets: ['NOERROR aa', 'an a.b.w.auth.example.net 60 A 192.0.2.7'],
  },
  {
    what: 'RFC 4592 2.2.1: a wildcard without the type is NODATA',
    ask: ['any.w.auth.example.net', 'MX'],
    gets: ['NOERROR aa', SOA],
  },
  {
    what: 'RFC 4592 2.2.1: a name that exists is not covered',
    ask: ['fixed.w.auth.example.net', 'A'],
    gets: ['NOERROR aa', SOA],
  },
  {
    what: 'RFC 4592 2.2.2: an empty non-terminal is not covered',
    ask: ['host.w.auth.example.net', 'A'],
    gets: ['NOERROR aa', SOA],
  },
  {
    what: 'RFC 4592 3.3.1: below a name that exists, the wildcard above is not the source',
    ask: ['x.fixed.w.auth.example.net', 'A'],
    gets: ['NXDOMAIN aa', SOA],
  },
  {
    what: 'RFC 4592 4: the wildcard itself can be asked for',
    ask: ['*.w.auth.example.net', 'A'],
    gets: ['NOERROR aa', 'an *.w.auth.example.net 60 A 192.0.2.7'],
  },
  {
    what: 'RFC 1034 4.3.2 3a: a CNAME within the zone is followed',
    ask: ['alias.auth.example.net', 'TXT'],
    gets: [
      'NOERROR aa',
      'an alias.auth.example.net 3600 CNAME live.auth.example.net',
      `an live.auth.example.net 1 TXT ${VALUE}`,
      `an live.auth.example.net 1 TXT ${OTHER_VALUE}`,
    ],
  },
  {
    what: 'RFC 1034 4.3.2 3a: a CNAME into another zone served here is followed',
    ask: ['_acme-challenge.example.org', 'TXT'],
    gets: [
      'NOERROR aa',
      'an _acme-challenge.example.org 300 CNAME live.auth.example.net',
      `an live.auth.example.net 1 TXT ${VALUE}`,
      `an live.auth.example.net 1 TXT ${OTHER_VALUE}`,
    ],
  },
  {
    what: 'RFC 6604 3: after a CNAME the code and the SOA are about the last name',
    ask: ['_acme-challenge.gone.example.org', 'TXT'],
    gets: ['NXDOMAIN aa', 'an _acme-challenge.gone.example.org 300 CNAME gone.auth.example.net', SOA],
  },
  {
    what: 'RFC 2308 2.2: after a CNAME, NODATA is about the last name',
    ask: ['_acme-challenge.quiet.example.org', 'TXT'],
    gets: ['NOERROR aa', 'an _acme-challenge.quiet.example.org 300 CNAME quiet.auth.example.net', SOA],
  },
  {
    what: 'RFC 1034 3.6.2: asked for the CNAME, nothing is followed',
    ask: ['alias.auth.example.net', 'CNAME'],
    gets: ['NOERROR aa', 'an alias.auth.example.net 3600 CNAME live.auth.example.net'],
  },
  {
    what: 'RFC 6672 3.1: a name below a DNAME is another name, with a CNAME to say so, and is followed',
    ask: ['LIVE.old.auth.example.net', 'TXT'],
    gets: [
      'NOERROR aa',
      'an old.auth.example.net 60 DNAME auth.example.net',
      'an LIVE.old.auth.example.net 60 CNAME live.auth.example.net',
      `an live.auth.example.net 1 TXT ${VALUE}`,
      `an live.auth.example.net 1 TXT ${OTHER_VALUE}`,
    ],
  },
  {
    what: 'RFC 6672 3.2: the DNAME itself, and what else is at its name',
    ask: ['old.auth.example.net', 'DNAME'],
    gets: ['NOERROR aa', 'an old.auth.example.net 60 DNAME auth.example.net'],
  },
  {
    what: 'RFC 6672 2.3: other records at the name of a DNAME are not moved',
    ask: ['old.auth.example.net', 'A'],
    gets: ['NOERROR aa', 'an old.auth.example.net 3600 A 192.0.2.11'],
  },
  {
    what: 'RFC 6672 3.2: a DNAME out of our zones is for the resolver to follow',
    ask: ['a.b.away.auth.example.net', 'A'],
    gets: [
      'NOERROR aa',
      'an away.auth.example.net 3600 DNAME elsewhere.example',
      'an a.b.away.auth.example.net 3600 CNAME a.b.elsewhere.example',
    ],
  },
  {
    what: 'RFC 6672 2.2: a name that would be too long is YXDOMAIN',
    ask: [`${'x'.repeat(63)}.${'y'.repeat(63)}.${'z'.repeat(63)}.${'w'.repeat(30)}.longer.auth.example.net`, 'A'],
    gets: ['YXDOMAIN aa', `an longer.auth.example.net 3600 DNAME ${'long.'.repeat(12)}example`],
  },
  {
    what: 'RFC 1034 4.3.2: a CNAME out of our zones is for the resolver to follow',
    ask: ['out.auth.example.net', 'A'],
    gets: ['NOERROR aa', 'an out.auth.example.net 3600 CNAME www.elsewhere.example'],
  },
  {
    what: 'RFC 1034 3.6.2: a loop of CNAMEs ends',
    ask: ['loop1.auth.example.net', 'TXT'],
    gets: [
      'NOERROR aa',
      'an loop1.auth.example.net 3600 CNAME loop2.auth.example.net',
      'an loop2.auth.example.net 3600 CNAME loop1.auth.example.net',
    ],
  },
  {
    what: 'RFC 1034 4.3.2 3b: below a cut comes a referral with glue, without AA',
    ask: ['www.cut.auth.example.net', 'A'],
    gets: [
      'NOERROR',
      'au cut.auth.example.net 3600 NS ns.cut.auth.example.net',
      'ad ns.cut.auth.example.net 3600 A 192.0.2.99',
    ],
  },
  {
    what: 'RFC 1034 4.3.2 3b: so it does at the cut, even for NS',
    ask: ['cut.auth.example.net', 'NS'],
    gets: [
      'NOERROR',
      'au cut.auth.example.net 3600 NS ns.cut.auth.example.net',
      'ad ns.cut.auth.example.net 3600 A 192.0.2.99',
    ],
  },
  {
    what: 'RFC 1034 4.3.2 3b: and for a name of the table below the cut',
    ask: ['host.cut.auth.example.net', 'TXT'],
    gets: [
      'NOERROR',
      'au cut.auth.example.net 3600 NS ns.cut.auth.example.net',
      'ad ns.cut.auth.example.net 3600 A 192.0.2.99',
    ],
  },
  {
    what: 'RFC 4035 3.1.4.1: a DS at the cut is ours',
    ask: ['cut.auth.example.net', 'DS'],
    gets: ['NOERROR aa', 'an cut.auth.example.net 3600 UNKNOWN43 30390d0200'],
  },
  {
    what: 'RFC 1034 4.3.2: a CNAME that leads into a cut, then the referral',
    ask: ['into-cut.auth.example.net', 'A'],
    gets: [
      'NOERROR aa',
      'an into-cut.auth.example.net 3600 CNAME www.cut.auth.example.net',
      'au cut.auth.example.net 3600 NS ns.cut.auth.example.net',
      'ad ns.cut.auth.example.net 3600 A 192.0.2.99',
    ],
  },
  {
    what: 'RFC 8482 4.1: ANY gets one set, the TXT of a name of the table',
    ask: ['one.auth.example.net', 'ANY'],
    gets: ['NOERROR aa', `an one.auth.example.net 1 TXT ${VALUE}`],
  },
  {
    what: 'RFC 8482 4.1: ANY gets one set of a static name',
    ask: ['ns1.auth.example.net', 'ANY'],
    gets: ['NOERROR aa', 'an ns1.auth.example.net 3600 A 192.0.2.53'],
  },
  {
    what: 'RFC 8482: ANY at a name without data is NODATA',
    ask: ['quiet.auth.example.net', 'ANY'],
    gets: ['NOERROR aa', SOA],
  },
  { what: 'a foreign zone is REFUSED', ask: ['www.example.com', 'A'], gets: ['REFUSED'] },
  { what: 'a name that only ends like the zone is foreign', ask: ['notauth.example.net', 'A'], gets: ['REFUSED'] },
  { what: 'the root is foreign', ask: ['.', 'NS'], gets: ['REFUSED'] },
  { what: 'a zone that is not known gets SERVFAIL', ask: ['www.unknown.example', 'TXT'], gets: ['SERVFAIL'] },
  { what: 'RFC 5936 2.2: AXFR is REFUSED', ask: ['auth.example.net', 'AXFR'], gets: ['REFUSED'] },
  { what: 'RFC 1995: IXFR is REFUSED', ask: ['auth.example.net', 'IXFR'], gets: ['REFUSED'] },
  { what: 'RFC 6891 6.1.1: OPT is no type to ask for', ask: ['auth.example.net', 'OPT'], gets: ['FORMERR'] },
  { what: 'RFC 6895 3.1: TKEY is a meta type', ask: ['auth.example.net', 'TYPE249'], gets: ['NOTIMP'] },
];

describe('answer', () => {
  for (const row of TABLE) {
    test(row.what, () => {
      const reply = ask(...row.ask);
      assert.deepEqual(shown(reply), row.gets);
      assert.equal(
        reply.flags & (FLAG.QR | FLAG.RD | FLAG.RA | FLAG.AD),
        FLAG.QR | FLAG.RD,
        'QR, RD copied, no RA, no AD',
      );
      assert.deepEqual(reply.questions, [{ name: row.ask[0], type: row.ask[1], class: 1 }]);
      assert.deepEqual(reply.edns, { udpSize: 1232, version: 0, dnssecOk: false });
    });
  }

  test('RFC 4343, draft-vixie-dnsext-dns0x20: the question keeps its case, and so do the owners of the answer', () => {
    const reply = ask('LiVe.AuTh.ExAmPlE.nEt', 'TXT');
    assert.equal(reply.questions[0]?.name, 'LiVe.AuTh.ExAmPlE.nEt');
    assert.deepEqual(
      reply.answers.map((record) => record.name),
      ['LiVe.AuTh.ExAmPlE.nEt', 'LiVe.AuTh.ExAmPlE.nEt'],
    );
  });

  test('RFC 6891 7: no OPT, no OPT back', () => {
    assert.equal(ask('live.auth.example.net', 'TXT', { edns: undefined }).edns, undefined);
  });

  test('RFC 3225 3: DO comes back as it was sent', () => {
    assert.equal(
      ask('live.auth.example.net', 'TXT', { edns: { udpSize: 4096, version: 0, dnssecOk: true } }).edns?.dnssecOk,
      true,
    );
  });

  test('RFC 6891 6.1.3: a version above 0 gets BADVERS and ours', () => {
    const reply = ask('live.auth.example.net', 'TXT', { edns: { udpSize: 1232, version: 1, dnssecOk: false } });
    assert.equal(reply.rcode, 'BADVERS');
    assert.equal(reply.edns?.version, 0);
    assert.deepEqual(reply.answers, []);
  });

  const LIMITS: { what: string; edns: number | undefined; truncated: boolean; name: string }[] = [
    {
      what: 'RFC 1035 4.2.1: 512 octets without EDNS',
      edns: undefined,
      truncated: true,
      name: 'long.auth.example.net',
    },
    { what: 'RFC 6891 6.2.3: less than 512 counts as 512', edns: 100, truncated: false, name: 'one.auth.example.net' },
    { what: 'RFC 6891 6.2.3: as much as the client takes', edns: 700, truncated: false, name: 'long.auth.example.net' },
    { what: 'RFC 9715 3.1: never more than 1232', edns: 4096, truncated: true, name: 'full.auth.example.net' },
  ];
  for (const row of LIMITS) {
    test(row.what, () => {
      const edns = row.edns === undefined ? undefined : { udpSize: row.edns, version: 0, dnssecOk: false };
      const reply = ask(row.name, 'TXT', { edns });
      assert.equal((reply.flags & FLAG.TC) !== 0, row.truncated);
      assert.equal(reply.answers.length === 0, row.truncated, 'RFC 2181 9: nothing half');
      const whole = ask(row.name, 'TXT', { edns }, 'tcp');
      assert.equal(whole.flags & FLAG.TC, 0, 'over TCP it is whole');
      assert.ok(whole.answers.length > 0);
    });
  }

  test('RFC 9471: glue that does not fit makes a referral truncated', () => {
    const many = Array.from({ length: 40 }, (_, at) => [
      { type: 'NS' as const, name: 'far.auth.example.net', ttl: 60, target: `ns${at}.far.auth.example.net` },
      { type: 'A' as const, name: `ns${at}.far.auth.example.net`, ttl: 60, address: '192.0.2.1' },
    ]).flat();
    const by = exampleServed(exampleNames(), [{ ...challengeZone, records: [...challengeZone.records, ...many] }]);
    assert.deepEqual(shown(ask('www.far.auth.example.net', 'A', {}, 'udp', by)), ['NOERROR tc']);
    assert.equal(ask('www.far.auth.example.net', 'A', {}, 'tcp', by).additional.length, 40);
  });

  test('foreign names can be told that they do not exist, as acme-dns does', () => {
    assert.deepEqual(shown(ask('www.example.com', 'A', {}, 'udp', { ...served, foreignZone: 'nxdomain' })), [
      'NXDOMAIN',
    ]);
  });

  test('class CH and others are REFUSED', () => {
    for (const other of [3, 4, 254, 255]) {
      assert.equal(
        ask('version.bind', 'TXT', { questions: [{ name: 'live.auth.example.net', type: 'TXT', class: other }] }).rcode,
        'REFUSED',
      );
    }
  });

  test('RFC 1035 4.1.1, RFC 6895 2.2: other opcodes are NOTIMP, and the opcode comes back', () => {
    for (const opcode of [1, 2, 4, 5, 6, 15]) {
      const reply = ask('auth.example.net', 'SOA', { opcode });
      assert.deepEqual([reply.rcode, reply.opcode, reply.answers], ['NOTIMP', opcode, []]);
    }
  });

  test('the serial moves when names change', () => {
    const names = exampleNames();
    const by = exampleServed(names);
    const serial = (): number => {
      const [soa] = ask('auth.example.net', 'SOA', {}, 'udp', by).answers;
      return soa?.type === 'SOA' ? soa.serial : 0;
    };
    const first = serial();
    assert.equal(serial(), first, 'and only then');
    names.set(name('new.auth.example.net'), [VALUE]);
    assert.ok(serial() > first);
  });

  test('a name that was set is answered by the very next answer, and so is its end', () => {
    const names = exampleNames();
    const by = exampleServed(names);
    const txt = (): string[] => shown(ask('next.auth.example.net', 'TXT', {}, 'udp', by)).slice(0, 2);
    assert.deepEqual(txt(), ['NXDOMAIN aa', SOA]);
    names.set(name('next.auth.example.net'), [VALUE]);
    assert.deepEqual(txt(), ['NOERROR aa', `an next.auth.example.net 1 TXT ${VALUE}`]);
    names.set(name('next.auth.example.net'), [OTHER_VALUE]);
    assert.deepEqual(txt(), ['NOERROR aa', `an next.auth.example.net 1 TXT ${OTHER_VALUE}`]);
    names.delete(name('next.auth.example.net'));
    assert.equal(txt()[0], 'NXDOMAIN aa');
  });

  test('while names are being loaded, one that is missing is not denied', () => {
    const names = exampleNames();
    const by = exampleServed(names);
    names.complete = false;
    assert.equal(ask('nothing.auth.example.net', 'TXT', {}, 'udp', by).rcode, 'SERVFAIL');
    assert.equal(ask('ns1.auth.example.net', 'TXT', {}, 'udp', by).rcode, 'SERVFAIL');
    assert.equal(ask('live.auth.example.net', 'TXT', {}, 'udp', by).rcode, 'NOERROR');
    assert.equal(ask('ns1.auth.example.net', 'A', {}, 'udp', by).rcode, 'NOERROR');
    names.complete = true;
    assert.equal(ask('nothing.auth.example.net', 'TXT', {}, 'udp', by).rcode, 'NXDOMAIN');
  });

  test('the longest zone answers, and a DS at its top is asked above it (RFC 4035 3.1.4.1)', () => {
    const parent = { ...userZone, origin: name('net'), records: [] };
    const by = exampleServed(exampleNames(), [parent, challengeZone]);
    const soaOf = (question: string, type: QueryType): string | undefined =>
      ask(question, type, {}, 'udp', by).authority[0]?.name;
    assert.equal(soaOf('nothing.auth.example.net', 'A'), 'auth.example.net');
    assert.equal(soaOf('auth.example.net', 'MX'), 'auth.example.net');
    assert.equal(soaOf('auth.example.net', 'DS'), 'net');
    assert.equal(soaOf('nothing.net', 'DS'), 'net');
  });

  test('who asked for the values of a watched name is told, also through a CNAME, and for nothing else', () => {
    const names = exampleNames();
    const by = exampleServed(names);
    names.watch(name('live.auth.example.net'), true);
    names.watch(name('quiet.auth.example.net'), true);
    const asked: string[] = [];
    for (const [question, type] of [
      ['Live.auth.example.net', 'TXT'],
      ['_acme-challenge.example.org', 'TXT'],
      ['live.auth.example.net', 'A'],
      ['quiet.auth.example.net', 'TXT'],
      ['one.auth.example.net', 'TXT'],
    ] as const) {
      answer(queryFor(question, type), by, 'udp', (each) => asked.push(each));
    }
    assert.deepEqual(asked, ['live.auth.example.net', 'live.auth.example.net']);
  });
});

describe('answer, octets in and out', () => {
  const HEAD = '1234 0100 0001 0000 0000 0000';
  const LIVE = '036f6e65 0461757468 076578616d706c65 036e6574 00'.replaceAll(' ', '');
  const TXT = '0010 0001';
  const ROWS: { what: string; in: string; out: string | undefined }[] = [
    {
      what: 'RFC 1035 4.1: one TXT, owned by a pointer to the question',
      in: `${HEAD} ${LIVE} ${TXT}`,
      out: `1234 8500 0001 0001 0000 0000 ${LIVE} ${TXT} c00c 0010 0001 00000001 002c 2b ${Buffer.from(VALUE).toString('hex')}`,
    },
    {
      what: 'RFC 6891 6.1.2: with OPT, the same and OPT, whatever its options',
      in: `1234 0110 0001 0000 0000 0001 ${LIVE} ${TXT} 00 0029 1000 00000000 000c 000a 0008 0011223344556677`,
      out: `1234 8510 0001 0001 0000 0001 ${LIVE} ${TXT} c00c 0010 0001 00000001 002c 2b ${Buffer.from(VALUE).toString('hex')} 00 0029 04d0 00000000 0000`,
    },
    { what: 'RFC 1035 4.1.1: QR set is dropped', in: `1234 8100 0001 0000 0000 0000 ${LIVE} ${TXT}`, out: undefined },
    { what: 'less than a header is dropped', in: '1234 0100 0001 0000 0000 00', out: undefined },
    {
      what: 'RFC 9619: no question is FORMERR',
      in: '1234 0100 0000 0000 0000 0000',
      out: '1234 8101 0000 0000 0000 0000',
    },
    {
      what: 'RFC 9619: two questions are FORMERR',
      in: `1234 0100 0002 0000 0000 0000 ${LIVE} ${TXT} ${LIVE} ${TXT}`,
      out: '1234 8101 0000 0000 0000 0000',
    },
    {
      what: 'a question that runs over the end is FORMERR',
      in: `${HEAD} 036f6e`,
      out: '1234 8101 0000 0000 0000 0000',
    },
    {
      what: 'RFC 1035 4.1.4: a question that points at itself is FORMERR',
      in: `${HEAD} c00c ${TXT}`,
      out: '1234 8101 0000 0000 0000 0000',
    },
    {
      what: 'RFC 1035 4.1.4: nor may it point into the header',
      in: `${HEAD} c002 ${TXT}`,
      out: '1234 8101 0000 0000 0000 0000',
    },
    {
      what: 'RFC 6891 4.2: label type 01 is FORMERR',
      in: `${HEAD} 41 00 ${TXT}`,
      out: '1234 8101 0000 0000 0000 0000',
    },
    {
      what: 'RFC 1035 2.3.4: a name over 255 octets is FORMERR',
      in: `${HEAD} ${`3f${'61'.repeat(63)}`.repeat(4)} 00 ${TXT}`,
      out: '1234 8101 0000 0000 0000 0000',
    },
    {
      what: 'records in a query are FORMERR',
      in: `1234 0100 0001 0001 0000 0000 ${LIVE} ${TXT} c00c 0001 0001 00000000 0004 7f000001`,
      out: `1234 8101 0001 0000 0000 0000 ${LIVE} ${TXT}`,
    },
    {
      what: 'octets after the end are FORMERR',
      in: `${HEAD} ${LIVE} ${TXT} 00`,
      out: `1234 8101 0001 0000 0000 0000 ${LIVE} ${TXT}`,
    },
    {
      what: 'RFC 6891 6.1.1: two OPT are FORMERR',
      in: `1234 0100 0001 0000 0000 0002 ${LIVE} ${TXT} 00 0029 1000 00000000 0000 00 0029 1000 00000000 0000`,
      out: `1234 8101 0001 0000 0000 0001 ${LIVE} ${TXT} 00 0029 04d0 00000000 0000`,
    },
    {
      what: 'RFC 6891 6.1.2: an OPT that is not of the root is FORMERR',
      in: `1234 0100 0001 0000 0000 0001 ${LIVE} ${TXT} c00c 0029 1000 00000000 0000`,
      out: `1234 8101 0001 0000 0000 0000 ${LIVE} ${TXT}`,
    },
    {
      what: 'RFC 6891 6.1.2: an option that runs over its OPT is FORMERR',
      in: `1234 0100 0001 0000 0000 0001 ${LIVE} ${TXT} 00 0029 1000 00000000 0004 000a 0008`,
      out: `1234 8101 0001 0000 0000 0000 ${LIVE} ${TXT}`,
    },
    {
      what: 'RFC 2136: UPDATE is NOTIMP',
      in: '1234 2800 0001 0000 0001 0000 0461757468076578616d706c65036e657400 0006 0001',
      out: '1234 a804 0001 0000 0000 0000 0461757468076578616d706c65036e657400 0006 0001',
    },
    {
      what: 'RFC 8945: TSIG, which is not known here, changes nothing',
      in: `1234 0100 0001 0000 0000 0001 ${LIVE} ${TXT} 00 00fa 00ff 00000000 0000`,
      out: `1234 8500 0001 0001 0000 0000 ${LIVE} ${TXT} c00c 0010 0001 00000001 002c 2b ${Buffer.from(VALUE).toString('hex')}`,
    },
  ];
  for (const row of ROWS) {
    test(row.what, () => {
      const reply = answer(Buffer.from(row.in.replaceAll(' ', ''), 'hex'), served, 'udp');
      assert.equal(reply === undefined ? undefined : Buffer.from(reply).toString('hex'), row.out?.replaceAll(' ', ''));
    });
  }
});
