import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import {
  challengeZone,
  exampleNames,
  name,
  OTHER_VALUE,
  userZone,
  VALUE,
} from '../../src/dns/example-zones.fixture.ts';
import type { Listener } from '../../src/dns/listener.ts';
import type { NameTable } from '../../src/dns/name-table.ts';
import { query, type Reply } from '../../src/dns/query.ts';
import { parseRecordLine } from '../../src/dns/record-line.ts';
import type { QueryType, ResourceRecord } from '../../src/dns/record.ts';
import { type DnsServer, startDnsServer } from '../../src/dns/server.ts';
import { freePort } from './free-port.ts';
import { startNsd } from './nsd.ts';
import { type PeerName, peer, peers } from './require-peer.ts';
import { runProgram } from './run-program.ts';
import { tempFolder } from './temp-folder.ts';
import { startUnbound } from './unbound.ts';

// Our DNS server, asked by the programs that people and CAs ask with.

let server: DnsServer;
let names: NameTable;
let port: number;

before(async () => {
  names = exampleNames();
  port = await freePort();
  const listeners = ['127.0.0.1', '::1'].flatMap((address): Listener[] => [
    { address, port, transport: 'udp' },
    { address, port, transport: 'tcp' },
  ]);
  server = await startDnsServer({ listeners, zones: [challengeZone, userZone], names, workers: 2 });
});
after(() => server.stop());

async function run(program: PeerName, args: readonly string[]): Promise<string> {
  const { output } = await runProgram({ command: peer(program).path, args, timeout: 20_000 });
  return output;
}

const dig = (...args: string[]): Promise<string> =>
  run('dig', ['@127.0.0.1', '-p', `${port}`, '+time=3', '+tries=1', ...args]);
const short = async (...args: string[]): Promise<string[]> => (await dig('+short', ...args)).trim().split('\n');
const quoted = (value: string): string => `"${value}"`;

const signal = AbortSignal.timeout(120_000);

/** What of a reply must be the same from any right server: not the order, nor what NSD adds to be helpful. */
function comparable(reply: Reply | undefined): unknown {
  if (reply === undefined) return undefined;
  const sorted = (records: readonly ResourceRecord[]): string[] =>
    records.map((record) => JSON.stringify(record)).toSorted();
  const { rcode, authoritative, answers, authority } = reply;
  const kind = authority.some((record) => record.type === 'SOA')
    ? 'denial'
    : authoritative || answers.length > 0
      ? 'data'
      : 'referral';
  return {
    rcode,
    authoritative,
    answers: sorted(answers),
    kind,
    referral: kind === 'referral' ? sorted(authority) : [],
  };
}

describe('dig', { skip: peer('dig').skip }, () => {
  /** The arguments, and what must be in the answer. */
  const ROWS: { what: string; args: string[]; holds: RegExp[] }[] = [
    {
      what: 'TXT values, authoritative, with EDNS',
      args: ['live.auth.example.net', 'TXT'],
      holds: [
        /status: NOERROR/,
        /flags: qr aa rd; QUERY: 1, ANSWER: 2, AUTHORITY: 0, ADDITIONAL: 1/,
        /EDNS: version: 0, flags:; udp: 1232/,
        new RegExp(`^live\\.auth\\.example\\.net\\.\\s+1\\s+IN\\s+TXT\\s+"${VALUE}"$`, 'm'),
      ],
    },
    {
      what: 'no recursion offered',
      args: ['live.auth.example.net', 'TXT'],
      holds: [/WARNING: recursion requested but not available/],
    },
    {
      what: 'without EDNS',
      args: ['+noedns', 'live.auth.example.net', 'TXT'],
      holds: [/ANSWER: 2, AUTHORITY: 0, ADDITIONAL: 0/],
    },
    {
      what: 'with the case of the question',
      args: ['LIVE.auth.EXAMPLE.net', 'TXT'],
      holds: [/^LIVE\.auth\.EXAMPLE\.net\.\s+1\s/m],
    },
    { what: 'over TCP', args: ['+tcp', 'live.auth.example.net', 'TXT'], holds: [/status: NOERROR/, /\(TCP\)/] },
    {
      what: 'NODATA',
      args: ['quiet.auth.example.net', 'TXT'],
      holds: [/status: NOERROR/, /ANSWER: 0, AUTHORITY: 1/, /^auth\.example\.net\.\s+1\s+IN\s+SOA\s+ns1\.auth/m],
    },
    {
      what: 'NXDOMAIN',
      args: ['nothing.auth.example.net', 'TXT'],
      holds: [/status: NXDOMAIN/, /ANSWER: 0, AUTHORITY: 1/, /IN\s+SOA/],
    },
    { what: 'REFUSED', args: ['www.example.com'], holds: [/status: REFUSED/, /flags: qr rd;/] },
    {
      what: 'a CNAME into the other zone, in one answer',
      args: ['_acme-challenge.example.org', 'TXT'],
      holds: [/ANSWER: 3/, /300\s+IN\s+CNAME\s+live\.auth\.example\.net\./, new RegExp(OTHER_VALUE)],
    },
    {
      what: 'a wildcard',
      args: ['any.w.auth.example.net', 'A'],
      holds: [/^any\.w\.auth\.example\.net\.\s+60\s+IN\s+A\s+192\.0\.2\.7$/m],
    },
    {
      what: 'a referral with glue',
      args: ['+norecurse', 'www.cut.auth.example.net', 'A'],
      holds: [
        /flags: qr;/,
        /AUTHORITY: 1, ADDITIONAL: 2/,
        /ns\.cut\.auth\.example\.net\.\s+3600\s+IN\s+A\s+192\.0\.2\.99/,
      ],
    },
    { what: 'ANY, one set', args: ['auth.example.net', 'ANY', '+notcp'], holds: [/status: NOERROR/, /ANSWER: [12],/] },
    { what: 'class CH', args: ['version.bind', 'CH', 'TXT'], holds: [/status: REFUSED/] },
    { what: 'AXFR', args: ['auth.example.net', 'AXFR'], holds: [/Transfer failed/] },
    { what: 'IXFR', args: ['auth.example.net', 'IXFR=1'], holds: [/Transfer failed|status: REFUSED/] },
    {
      what: 'an EDNS version of the future',
      args: ['+edns=1', '+noednsneg', 'live.auth.example.net', 'TXT'],
      holds: [/status: BADVERS/, /EDNS: version: 0/],
    },
    {
      what: 'EDNS flags and options of the future',
      args: ['+ednsflags=0x40', '+ednsopt=100:0102', '+subnet=192.0.2.0/24', '+nsid', 'live.auth.example.net', 'TXT'],
      holds: [/status: NOERROR/, /ANSWER: 2/],
    },
    {
      what: 'an opcode of another kind',
      args: ['+opcode=notify', 'auth.example.net', 'SOA'],
      holds: [/opcode: NOTIFY, status: NOTIMP/],
    },
    { what: 'the header alone', args: ['+header-only'], holds: [/status: FORMERR/] },
    {
      what: 'SVCB, CAA and an unknown type, as they stand',
      args: ['auth.example.net', 'CAA'],
      holds: [/CAA\s+0 issue "letsencrypt\.org"/],
    },
    { what: 'RFC 3597', args: ['odd.auth.example.net', 'TYPE731'], holds: [/TYPE731\s+\\# 3 ABCDEF/] },
    {
      what: 'the apex NS with addresses',
      args: ['auth.example.net', 'NS'],
      holds: [/ANSWER: 2, AUTHORITY: 0, ADDITIONAL: 3/],
    },
  ];
  for (const { what, args, holds } of ROWS) {
    test(what, async () => {
      const output = await dig(...args);
      for (const pattern of holds) assert.match(output, pattern);
      // What dig says of a message it has its doubts about, but for the recursion we do not offer.
      assert.doesNotMatch(
        output,
        /malformed|Warning: Message parser|extra bytes|connection timed out|no servers could be reached/i,
      );
    });
  }

  test('an answer that is too large for UDP comes over TCP', async () => {
    const all = await short('full.auth.example.net', 'TXT');
    assert.equal(all.length, 40);
    const truncated = await dig('+ignore', '+bufsize=4096', 'full.auth.example.net', 'TXT');
    assert.match(truncated, /flags: qr aa tc rd;/);
    assert.match(truncated, /MSG SIZE\s+rcvd: \d{1,3}$/m);
    assert.match(await dig('+ignore', '+bufsize=512', 'long.auth.example.net', 'TXT'), / tc /);
    assert.match(await dig('+ignore', '+bufsize=1232', 'long.auth.example.net', 'TXT'), /flags: qr aa rd;/);
  });

  test('over IPv6, UDP and TCP', async () => {
    for (const transport of ['+notcp', '+tcp']) {
      const output = await run('dig', [
        '@::1',
        '-p',
        `${port}`,
        '+time=3',
        '+tries=1',
        '+short',
        transport,
        'one.auth.example.net',
        'TXT',
      ]);
      assert.equal(output.trim(), quoted(VALUE));
    }
  });

  test('sees a value as soon as it is set', async () => {
    names.set(name('fresh.auth.example.net'), ['now']);
    assert.deepEqual(await short('fresh.auth.example.net', 'TXT'), ['"now"']);
    names.delete(name('fresh.auth.example.net'));
    assert.match(await dig('fresh.auth.example.net', 'TXT'), /status: NXDOMAIN/);
  });

  test('several queries on one TCP connection', async () => {
    const output = await dig(
      '+tcp',
      '+keepopen',
      'live.auth.example.net',
      'TXT',
      'one.auth.example.net',
      'TXT',
      'auth.example.net',
      'SOA',
    );
    assert.equal(output.match(/status: NOERROR/g)?.length, 3);
  });
});

/** Types whose data is octets to the server, each as dig writes it. */
const OCTET_RECORDS: readonly (readonly [type: QueryType, data: string])[] = [
  ['TLSA', '3 1 1 92003BA34942DC74152E2F2C408D29ECA5A520E7F2E06BB944F4DCA346BAF63C'],
  ['SMIMEA', '0 0 0 3059ABCD'],
  ['SSHFP', '4 2 92003BA34942DC74152E2F2C408D29ECA5A520E7F2E06BB944F4DCA346BAF63C'],
  ['DS', '60485 13 2 92003BA34942DC74152E2F2C408D29ECA5A520E7F2E06BB944F4DCA346BAF63C'],
  ['CDS', '60485 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118'],
  ['DNSKEY', '257 3 13 kXKkvWU3vGYfTJGl3qBd4qhiWp5aRs7YtkCJxD2d+t7KXqwahww5IgJtxJT2yFItlggazyfXqJEVOmMJ3qT0tQ=='],
  ['CDNSKEY', '0 3 0 AA=='],
  ['OPENPGPKEY', 'AQIDBA=='],
  ['CERT', 'PGP 0 0 AQIDBA=='],
  ['NAPTR', '100 10 "u" "E2U+sip" "!^(.*)$!sip:\\\\1@example.com!" .'],
  ['URI', '10 1 "https://www.example.com/path"'],
  ['HINFO', '"PC AT" "Linux"'],
  ['SPF', '"v=spf1" "-all"'],
  ['TXT', `"${'a'.repeat(255)}" "b;c" "\\"\\200"`],
];
const OCTET_LINES = OCTET_RECORDS.map(([type, data]) => `octets 60 ${type} ${data}`);
const lineOf = (line: string, zone: string): ResourceRecord => parseRecordLine(line.trim(), name(zone));

describe('dig, of types that are octets to the server', { skip: peer('dig').skip }, () => {
  test('prints what stands in the configuration', async () => {
    const zone = 'octets.example';
    const records = OCTET_LINES.map((line) => lineOf(line, zone));
    await server.replaceZones([challengeZone, userZone, { ...userZone, origin: name(zone), records }]);
    for (const [type, data] of OCTET_RECORDS) {
      const output = await dig('+noall', '+answer', '+nosplit', `octets.${zone}`, type);
      assert.equal(output.trim().replaceAll(/\s+/g, ' '), `octets.${zone}. 60 IN ${type} ${data}`);
    }
    const long = lineOf(`long TXT ${'x'.repeat(300)}`, zone);
    await server.replaceZones([challengeZone, userZone, { ...userZone, origin: name(zone), records: [long] }]);
    assert.deepEqual(await short(`long.${zone}`, 'TXT'), [`"${'x'.repeat(255)}" "${'x'.repeat(45)}"`]);
  });
});

describe('delv', { skip: peer('delv').skip }, () => {
  test('finds the values through the CNAME', async () => {
    const output = await run('delv', ['@127.0.0.1', '-p', `${port}`, '-i', '_acme-challenge.example.org', 'TXT']);
    assert.match(
      output,
      /; authoritative\n_acme-challenge\.example\.org\.\s+300\s+IN\s+CNAME\s+live\.auth\.example\.net\./,
    );
    assert.match(output, new RegExp(`TXT\\s+"${VALUE}"`));
  });

  test('takes our denials for what they are', async () => {
    assert.match(
      await run('delv', ['@127.0.0.1', '-p', `${port}`, '-i', 'nothing.auth.example.net', 'TXT']),
      /ncache nxdomain/,
    );
    assert.match(
      await run('delv', ['@127.0.0.1', '-p', `${port}`, '-i', 'quiet.auth.example.net', 'TXT']),
      /ncache nxrrset/,
    );
  });
});

describe('NSD', { skip: peer('nsd').skip }, () => {
  test('says the same of the same zone', async (t) => {
    const lines = `
      @ 300 CAA 0 issue "letsencrypt.org"
      ns1 60 A 192.0.2.53
      mail 60 MX 10 ns1
      *.w 60 A 192.0.2.7
      *.w 60 TXT "wild"
      fixed.w 60 AAAA 2001:db8::7
      below.host.w 60 A 192.0.2.8
      alias 60 CNAME any.w
      gone 60 CNAME nothing
      quiet 60 CNAME mail
      loop1 60 CNAME loop2
      loop2 60 CNAME loop1
      out 60 CNAME www.elsewhere.example.
      *.aliases 60 CNAME mail
      into 60 CNAME www.cut
      moved 60 DNAME w
      moved 60 A 192.0.2.10
      abroad 60 DNAME elsewhere.example.
      cut 60 NS ns.cut
      ns.cut 60 A 192.0.2.99
      deep.empty.non.terminal 60 TXT "x"
      srv 60 SRV 1 2 3 ns1
      https 60 HTTPS 1 . alpn=h2 ipv4hint=192.0.2.1
      odd 60 TYPE731 \\# 3 abcdef
      ${OCTET_LINES.join('\n      ')}`;
    const zone = 'same.example';
    const nsd = await startNsd({ zones: { [zone]: lines.replaceAll(/^ +/gm, '') } });
    t.after(() => nsd.stop());
    // What the file of NSD has around the lines of the test.
    const records = `@ 1 NS ns\nns 1 A 127.0.0.1${lines}`
      .trim()
      .split('\n')
      .map((line) => lineOf(line, zone));
    await server.replaceZones([challengeZone, userZone, { ...userZone, origin: name(zone), records }]);
    const labels = [
      'ns1',
      'mail',
      'w',
      'any.w',
      'a.b.w',
      '*.w',
      'fixed.w',
      'x.fixed.w',
      'host.w',
      'x.host.w',
      'alias',
      'gone',
      'quiet',
      'loop1',
      'out',
      'x.aliases',
      'into',
      'moved',
      'any.moved',
      'fixed.moved',
      'x.abroad',
      'cut',
      'www.cut',
      'ns.cut',
      'non.terminal',
      'empty.non.terminal',
      'x.non.terminal',
      'srv',
      'https',
      'odd',
      'nothing',
      'x.nothing',
    ];
    let compared = 0;
    const compare = async (owner: string, type: QueryType): Promise<void> => {
      const [theirs, ours] = await Promise.all(
        [nsd, { address: '127.0.0.1', port }].map((each) => query({ name: owner, type }, each, { signal })),
      );
      assert.deepEqual(comparable(ours), comparable(theirs), `${type} of ${owner}`);
      compared += 1;
    };
    for (const [type] of OCTET_RECORDS) await compare(`octets.${zone}`, type);
    for (const owner of [zone, ...labels.map((label) => `${label}.${zone}`)]) {
      for (const type of [
        'A',
        'AAAA',
        'TXT',
        'MX',
        'NS',
        'CNAME',
        'CAA',
        'SRV',
        'HTTPS',
        'DS',
        'DNAME',
        'TYPE731',
      ] as const) {
        await compare(owner, type);
      }
    }
    assert.equal(compared, 33 * 12 + OCTET_RECORDS.length);
  });
});

describe('unbound', { skip: peers('unbound', 'dig') }, () => {
  test('resolves through us, keeps no denial for longer than we say, and sees what appears', async (t) => {
    const unbound = await startUnbound({
      stubs: { 'auth.example.net': `127.0.0.1@${port}`, 'example.org': `127.0.0.1@${port}` },
    });
    t.after(() => unbound.stop());
    const ask = (...args: string[]): Promise<string> =>
      run('dig', [`@${unbound.address}`, '-p', `${unbound.port}`, '+time=5', ...args]);
    assert.match(await ask('_acme-challenge.gone.example.org', 'TXT'), /status: NXDOMAIN/);
    assert.match(await ask('quiet.auth.example.net', 'TXT'), /status: NOERROR.*\n.*ANSWER: 0/);
    names.set(name('gone.auth.example.net'), [VALUE]);
    await unbound.flush();
    assert.match(await ask('_acme-challenge.gone.example.org', 'TXT'), new RegExp(VALUE));
    assert.equal((await ask('+short', 'full.auth.example.net', 'TXT')).trim().split('\n').length, 40);
    names.delete(name('gone.auth.example.net'));
  });
});

describe('dnsperf', { skip: peer('dnsperf').skip }, () => {
  test('loses nothing, over UDP and TCP', async (t) => {
    const folder = tempFolder('dnsperf');
    t.after(() => folder.remove());
    const queries = ['live TXT', 'one TXT', 'quiet TXT', 'ns1 A', 'alias TXT', 'any.w A', 'full TXT'];
    writeFileSync(`${folder.path}/queries`, queries.map((line) => line.replace(' ', '.auth.example.net ')).join('\n'));
    for (const mode of ['udp', 'tcp']) {
      const args = [
        '-s',
        '127.0.0.1',
        '-p',
        port,
        '-d',
        `${folder.path}/queries`,
        '-m',
        mode,
        '-n',
        300,
        '-e',
        '-q',
        50,
      ].map(String);
      const output = await run('dnsperf', args);
      assert.match(output, /Queries sent:\s+2100\n/);
      assert.match(output, /Queries lost:\s+0 \(/);
      assert.match(output, /Response codes:\s+NOERROR 2100 \(100\.00%\)/);
    }
  });
});
