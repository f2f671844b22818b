import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startEvercert } from '../cli/run-evercert.ts';
import type { RunningEvercert } from '../cli/run-evercert.ts';
import { freePort } from './free-port.ts';
import { peer } from './require-peer.ts';
import { runProgram } from './run-program.ts';
import { tempFolder } from './temp-folder.ts';

// What acme-dns answers to each kind of question, row by row, asked by dig and delv of `evercert serve` with acme-dns' own config.cfg. Where
// the answer is another one on purpose, `instead` says what acme-dns answers (docs/divergences.md has the reasons).

const ZONE = 'auth.example.org';
const DKIM = 'v=DKIM1; p=MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA';
const TXT = 'LPsIwTo7o8BoG0-vjCyGQGBWSVIPxI-i_X336eUOQZo';
const OTHER = 'w4rP1jJ7d8QyX1Zk9m2b3cVdT5sR6uHnLaKoEeFf0g4';

const folder = tempFolder('acme-dns-answers');
let running: RunningEvercert;
let port: number;
let api: string;
/** An account with two values, and one with none. */
let live: string;
let quiet: string;

async function register(): Promise<{ subdomain: string; username: string; password: string }> {
  const response = await fetch(`${api}/register`, { method: 'POST' });
  return (await response.json()) as { subdomain: string; username: string; password: string };
}

before(async () => {
  const apiPort = await freePort();
  port = await freePort();
  api = `http://127.0.0.1:${apiPort}`;
  const config = join(folder.path, 'config.cfg');
  writeFileSync(
    config,
    `[general]
listen = "127.0.0.1:${port}"
protocol = "both4"
domain = "${ZONE}"
nsname = "ns1.${ZONE}"
nsadmin = "admin.example.org"
records = [
  "${ZONE}. A 192.0.2.1",
  "${ZONE}. NS ns1.${ZONE}.",
  "ns1.${ZONE}. 300 A 192.0.2.1",
  "alias.${ZONE}. CNAME ns1.${ZONE}.",
  "*.wild.${ZONE}. A 192.0.2.7",
  "below.empty.${ZONE}. A 192.0.2.8",
  'key._domainkey.${ZONE}. TXT "${DKIM}"',
  "other.example.net. A 192.0.2.9",
]
[database]
engine = "sqlite3"
connection = "${join(folder.path, 'acme-dns.db')}"
[api]
ip = "127.0.0.1"
port = "${apiPort}"
tls = "none"
[logconfig]
loglevel = "warning"
logtype = "stdout"
logformat = "json"
`,
  );
  running = startEvercert(['serve', '--config', config], { timeout: 120_000 });
  for (;;)
    if (
      await fetch(`${api}/health`).then(
        ({ ok }) => ok,
        () => false,
      )
    )
      break;
  const [one, other] = [await register(), await register()];
  for (const txt of [TXT, OTHER]) {
    const response = await fetch(`${api}/update`, {
      method: 'POST',
      headers: { 'X-Api-User': one.username, 'X-Api-Key': one.password },
      body: JSON.stringify({ subdomain: one.subdomain, txt }),
    });
    assert.equal(response.status, 200);
  }
  [live, quiet] = [`${one.subdomain}.${ZONE}`, `${other.subdomain}.${ZONE}`];
});
after(async () => {
  running.kill('SIGTERM');
  await running.ended;
  folder.remove();
});

async function run(program: 'dig' | 'delv', args: readonly string[]): Promise<string> {
  const all = ['@127.0.0.1', '-p', `${port}`, ...args];
  const { output } = await runProgram({ command: peer(program).path, args: all, timeout: 20_000 });
  return output;
}
const dig = (...args: string[]): Promise<string> => run('dig', ['+time=3', '+tries=1', '+nocookie', ...args]);

interface Row {
  readonly what: string;
  readonly ask: () => string[];
  readonly holds: readonly (RegExp | (() => RegExp))[];
  readonly lacks?: readonly RegExp[];
  /** What acme-dns answers, where that is not the same. */
  readonly instead?: string;
}

const NOERROR = /status: NOERROR/;
const NXDOMAIN = /status: NXDOMAIN/;
const REFUSED = /status: REFUSED/;
const AA = /flags: qr aa/;
const NO_ANSWER = /ANSWER: 0,/;
/** Serial apart. */
const SOA =
  /AUTHORITY SECTION:\nauth\.example\.org\.\s+1\s+IN\s+SOA\s+ns1\.auth\.example\.org\. admin\.example\.org\. \d+ 28800 7200 604800 1\n/;

const ROWS: readonly Row[] = [
  {
    what: 'TXT of a label with values, in the case of the question, TTL 1',
    ask: () => [live.toUpperCase(), 'TXT'],
    holds: [
      NOERROR,
      AA,
      () => new RegExp(`${live.toUpperCase().replaceAll('.', '\\.')}\\.\\s+1\\s+IN\\s+TXT\\s+"${TXT}"`),
      () => new RegExp(`"${OTHER}"`),
      /ANSWER: 2,/,
    ],
  },
  {
    what: 'TXT of a registered label without values',
    ask: () => [quiet, 'TXT'],
    holds: [NOERROR, AA, NO_ANSWER, SOA],
    instead: 'NXDOMAIN',
  },
  ...['A', 'AAAA', 'SOA', 'CAA', 'CNAME', 'MX', 'NS', 'DS', 'TLSA'].map((type): Row => ({
    what: `${type} of a label with values`,
    ask: () => [live, type],
    holds: [NOERROR, AA, NO_ANSWER, SOA],
    instead: 'NXDOMAIN',
  })),
  { what: 'a name that is not there', ask: () => [`nobody.${ZONE}`, 'TXT'], holds: [NXDOMAIN, AA, SOA] },
  {
    what: 'a static name, TTL of the line',
    ask: () => [`ns1.${ZONE}`, 'A'],
    holds: [NOERROR, AA, /ns1\.auth\.example\.org\.\s+300\s+IN\s+A\s+192\.0\.2\.1/],
  },
  {
    what: 'a static name, TTL where the line has none',
    ask: () => [ZONE, 'A'],
    holds: [NOERROR, AA, /auth\.example\.org\.\s+3600\s+IN\s+A\s+192\.0\.2\.1/],
  },
  {
    what: 'a static name, another type',
    ask: () => [`ns1.${ZONE}`, 'AAAA'],
    holds: [NOERROR, AA, NO_ANSWER, SOA],
    instead: 'no SOA',
  },
  {
    what: 'a static CNAME, another type',
    ask: () => [`alias.${ZONE}`, 'A'],
    holds: [NOERROR, AA, /alias\S+\s+3600\s+IN\s+CNAME\s+ns1/, /ns1\S+\s+300\s+IN\s+A\s+192\.0\.2\.1/],
    instead: 'the CNAME alone',
  },
  {
    what: 'SOA of the zone',
    ask: () => [ZONE, 'SOA'],
    holds: [NOERROR, AA, /SOA\s+ns1\.auth\.example\.org\. admin\.example\.org\. \d+ 28800 7200 604800 1\n/],
    instead: 'MINIMUM 86400, TTL 3600, and a serial that stays',
  },
  {
    what: 'NS of the zone, with its address',
    ask: () => [ZONE, 'NS'],
    holds: [NOERROR, AA, /NS\s+ns1\.auth\.example\.org\./, /ADDITIONAL SECTION:\nns1\S+\s+300\s+IN\s+A/],
    instead: 'no address',
  },
  {
    what: 'a static wildcard',
    ask: () => [`any.wild.${ZONE}`, 'A'],
    holds: [NOERROR, AA, /any\.wild\S+\s+3600\s+IN\s+A\s+192\.0\.2\.7/],
    instead: 'NXDOMAIN: only the literal * is a name',
  },
  {
    what: 'a name that only has names below it',
    ask: () => [`empty.${ZONE}`, 'A'],
    holds: [NOERROR, AA, NO_ANSWER, SOA],
    instead: 'NXDOMAIN',
  },
  {
    what: 'static data keeps its case',
    ask: () => [`key._domainkey.${ZONE}`, 'TXT'],
    holds: [NOERROR, () => new RegExp(DKIM.replaceAll(/[+.]/g, '\\$&'))],
    instead: 'all of it in lower case',
  },
  {
    what: 'a zone of others',
    ask: () => ['www.example.com', 'A'],
    holds: [REFUSED, /flags: qr rd;/],
    instead: 'NXDOMAIN without SOA',
  },
  {
    what: 'a zone of others, with a label of ours in front',
    ask: () => [`${live.split('.')[0] ?? ''}.any.thing`, 'TXT'],
    holds: [REFUSED],
    lacks: [new RegExp(TXT)],
    instead: 'the TXT',
  },
  {
    what: 'records of another zone in the configuration',
    ask: () => ['other.example.net', 'A'],
    holds: [NOERROR, AA, /192\.0\.2\.9/],
  },
  { what: 'below a label', ask: () => [`_acme-challenge.${live}`, 'TXT'], holds: [NXDOMAIN, AA, SOA] },
  {
    what: 'TXT for the own certificate, where evercert gets none',
    ask: () => [`_acme-challenge.${ZONE}`, 'TXT'],
    holds: [NXDOMAIN, AA, SOA],
    instead: 'an empty TXT',
  },
  {
    what: 'ANY: one set',
    ask: () => [live, 'ANY', '+notcp'],
    holds: [NOERROR, AA, /ANSWER: 2,/],
    instead: 'NXDOMAIN',
  },
  { what: 'AXFR', ask: () => [ZONE, 'AXFR'], holds: [/Transfer failed/], instead: 'an empty answer' },
  {
    what: 'IXFR',
    ask: () => [ZONE, 'IXFR=1', '+tcp'],
    holds: [/Transfer failed/],
    instead: 'an empty answer',
  },
  { what: 'class CH', ask: () => [live, 'TXT', 'CH'], holds: [REFUSED], instead: 'as if it were IN' },
  {
    what: 'opcode NOTIFY',
    ask: () => [ZONE, 'SOA', '+opcode=notify'],
    holds: [/status: NOTIMP/],
    instead: 'NOERROR, empty',
  },
  { what: 'opcode UPDATE', ask: () => [ZONE, 'SOA', '+opcode=update'], holds: [/status: NOTIMP/] },
  { what: 'opcode STATUS', ask: () => [ZONE, 'SOA', '+opcode=status'], holds: [/status: NOTIMP/] },
  {
    what: 'EDNS 0: an OPT of ours, DO as it came, no options back',
    ask: () => [live, 'TXT', '+edns=0', '+dnssec', '+nsid'],
    holds: [NOERROR, /EDNS: version: 0, flags: do; udp: 1232/],
    lacks: [/NSID/],
    instead: 'size 512, DO cleared',
  },
  {
    what: 'EDNS 1',
    ask: () => [live, 'TXT', '+edns=1', '+noednsneg'],
    holds: [/status: BADVERS/, /EDNS: version: 0/],
  },
  {
    what: 'RD and CD as they came; RA and AD never',
    ask: () => [live, 'TXT', '+cdflag', '+adflag'],
    holds: [/flags: qr aa rd cd;/],
  },
  { what: 'over TCP', ask: () => [live, 'TXT', '+tcp'], holds: [NOERROR, AA, () => new RegExp(TXT)] },
];

describe('dig', { skip: peer('dig').skip }, () => {
  for (const { what, ask, holds, lacks = [], instead } of ROWS) {
    test(`${what}${instead === undefined ? '' : ` (acme-dns: ${instead})`}`, async () => {
      const output = await dig(...ask());
      for (const pattern of holds) assert.match(output, typeof pattern === 'function' ? pattern() : pattern);
      for (const pattern of lacks) assert.doesNotMatch(output, pattern);
    });
  }
});

describe('delv', { skip: peer('delv').skip }, () => {
  test('a value, and a denial of the type, and one of the name', async () => {
    assert.match(await run('delv', ['-i', live, 'TXT']), new RegExp(`"${TXT}"`));
    assert.match(await run('delv', ['-i', quiet, 'TXT']), /ncache nxrrset/);
    assert.match(await run('delv', ['-i', `nobody.${ZONE}`, 'TXT']), /ncache nxdomain/);
  });
});

describe('octets that no program sends', () => {
  const QUESTION = '0474657374076578616d706c6503636f6d0000100001';
  /** The answer to it, if there is one before the answer to a good question that was sent after it. */
  async function send(hex: string): Promise<Buffer | undefined> {
    const socket = createSocket('udp4');
    const answers: Buffer[] = [];
    const second = Buffer.from(`bbbb01000001000000000000${QUESTION}`, 'hex');
    try {
      return await new Promise((resolve) => {
        socket.on('message', (bytes) => {
          answers.push(bytes);
          if (bytes.readUInt16BE(0) === 0xbbbb) resolve(answers.find((one) => one.readUInt16BE(0) === 0xaaaa));
        });
        socket.send(Buffer.from(hex, 'hex'), port, '127.0.0.1', () => socket.send(second, port, '127.0.0.1'));
      });
    } finally {
      socket.close();
    }
  }
  const rcode = (answer: Buffer | undefined): number | undefined => answer && (answer[3] ?? 0) & 0xf;

  test('an answer (QR set) is not answered', async () => {
    assert.equal(await send(`aaaa81000001000000000000${QUESTION}`), undefined);
  });
  test('no question, two questions: FORMERR', async () => {
    assert.equal(rcode(await send('aaaa01000000000000000000')), 1);
    assert.equal(rcode(await send(`aaaa01000002000000000000${QUESTION}${QUESTION}`)), 1);
  });
  test('records in the answer section of a question: FORMERR', async () => {
    assert.equal(rcode(await send(`aaaa01000001000100000000${QUESTION}c00c00100001000000000003026161`)), 1);
  });
});
