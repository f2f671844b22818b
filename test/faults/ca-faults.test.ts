import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { systemClock } from '../../src/core/clock.ts';
import { DomainError } from '../../src/core/error.ts';
import { parseChain } from '../../src/pki/chain.ts';
import { startRehearsalCa } from '../../src/rehearsal/ca.ts';
import type { RehearsalCa, RehearsalCaOptions } from '../../src/rehearsal/ca.ts';
import type { Fault, RequestKind } from '../../src/rehearsal/faults.ts';
import type { Event } from '../../src/telemetry/event.ts';
import { startChain } from '../crash/chain.ts';
import type { Chain } from '../crash/chain.ts';
import { freePort } from '../peers/free-port.ts';

const { signal } = new AbortController();

interface Run {
  readonly ca: RehearsalCa;
  readonly chain: Chain;
  readonly events: Event[];
}

/** One CA and one chain in front of it for all tests of a `describe`; every test has a certificate of its own. */
function useCa(options: Partial<RehearsalCaOptions> = {}) {
  let ca: RehearsalCa;
  let dnsPort: number;
  let folder: string;
  let label = 0;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'evercert-faults-'));
    dnsPort = await freePort();
    ca = await startRehearsalCa({ resolver: { address: '127.0.0.1', port: dnsPort }, clock: systemClock, ...options });
  });
  after(async () => {
    await ca.stop();
    await rm(folder, { recursive: true, force: true });
  });
  return async (work: (run: Run) => Promise<void>): Promise<void> => {
    label += 1;
    const names = [`t${label}.example.org`, `*.t${label}.example.org`];
    const events: Event[] = [];
    const chain = await startChain(
      { folder: join(folder, `t${label}`), dnsPort, directoryUrl: ca.directoryUrl, rootPem: ca.rootPem, names },
      () => {},
      (event) => events.push(event),
    );
    try {
      await work({ ca, chain, events });
      assert.deepEqual(await chain.leftBehind(signal), [], 'something is left behind');
    } finally {
      await chain.stop();
    }
  };
}

const since = (ca: RehearsalCa, from: number, kind: RequestKind, status: number) =>
  ca.requests.slice(from).filter((request) => request.kind === kind && request.status === status).length;

const serverError = { type: 'serverInternal', detail: 'try later', status: 503 } as const;
const html = {
  kind: 'body',
  status: 502,
  contentType: 'text/html',
  body: '<html><h1>Bad gateway</h1></html>',
} as const;
const KINDS = ['newAccount', 'newOrder', 'authorization', 'challenge', 'order', 'finalize', 'certificate'] as const;

describe('faults that pass: one order, one certificate, and nobody hears of a failure', () => {
  const run = useCa();
  const faults: readonly (readonly [string, Omit<Fault, 'on'>])[] = [
    ['the connection is cut before the request is done', { kind: 'reset', when: 'before' }],
    ['the connection is cut during the answer', { kind: 'reset', when: 'during' }],
    ['503 with Retry-After: 1', { kind: 'problem', problem: serverError, headers: { 'retry-after': '1' } }],
    ['a page of a proxy', html],
    ['all nonces are stale', { kind: 'stale-nonces' }],
  ] as never;
  for (const kind of KINDS) {
    for (const [title, fault] of faults) {
      test(`${kind}: ${title}`, async () => {
        await run(async ({ ca, chain, events }) => {
          const from = ca.requests.length;
          ca.inject({ ...fault, on: kind } as Fault);
          // The first request of all is not tried again by itself: a CA that cannot be reached is better said at once.
          if (kind === 'newAccount') await chain.issue(signal).catch(() => chain.issue(signal));
          else await chain.issue(signal);
          const orders = events.filter(({ type }) => type === 'order.created').length;
          assert.ok(orders <= 1, `${orders} orders were made`);
          assert.equal(
            since(ca, from, 'newOrder', 201) + since(ca, from, 'newOrder', 0),
            1 + (isCutBefore(kind, fault) ? 1 : 0),
          );
          assert.equal(events.filter(({ type }) => type === 'certificate.issued').length, 1);
          if (kind !== 'newAccount') assert.ok(!events.some(({ type }) => type === 'issuance.failed'));
        });
      });
    }
  }

  const harmless: readonly (readonly [string, Fault])[] = [
    ['Retry-After is no time', { on: 'order', kind: 'header', name: 'retry-after', value: 'soon', times: 9 }],
    ['Retry-After is negative', { on: 'finalize', kind: 'header', name: 'retry-after', value: '-5' }],
    [
      'Retry-After is past',
      { on: 'order', kind: 'header', name: 'retry-after', value: 'Wed, 21 Oct 2015 07:28:00 GMT', times: 9 },
    ],
    [
      'finalize does not say where the order is',
      { on: 'finalize', kind: 'header', name: 'location', value: undefined },
    ],
    [
      'challenges of unknown types, without token, without status',
      {
        on: 'authorization',
        kind: 'extra-challenges',
        challenges: [
          { type: 'dns-persist-01', url: 'https://127.0.0.1/x' },
          { type: 'dns-01', url: 'https://127.0.0.1/y', status: 'pending' },
          {},
        ],
        times: 9,
      },
    ],
    ['the chain has CRLF line ends', { on: 'certificate', kind: 'chain', form: 'crlf' }],
    ['the chain has ten certificates', { on: 'certificate', kind: 'chain', form: 'ten-certificates' }],
  ];
  for (const [title, fault] of harmless) {
    test(title, async () => {
      await run(async ({ ca, chain, events }) => {
        ca.inject(fault);
        await chain.issue(signal);
        assert.ok(!events.some(({ type }) => type === 'issuance.failed'));
      });
    });
  }
});

/** newOrder that was never done is in the log beside the one that was. */
function isCutBefore(kind: RequestKind, fault: Omit<Fault, 'on'>): boolean {
  return kind === 'newOrder' && (fault as Fault).kind === 'reset' && (fault as { when?: string }).when === 'before';
}

describe('orders that end early are made anew, without a failure', () => {
  const run = useCa();
  const endings: readonly (readonly [string, Fault])[] = [
    ['expired while it was validated', { on: 'order', kind: 'order-expired' }],
    ['expired when it was to be finalized', { on: 'finalize', kind: 'order-expired' }],
    ['gone', { on: 'order', kind: 'body', status: 404, contentType: 'text/plain', body: '' }],
    ['its authorization was deactivated', { on: 'authorization', kind: 'authorization-status', status: 'deactivated' }],
    ['its authorization has expired', { on: 'authorization', kind: 'authorization-status', status: 'expired' }],
    ['its authorization was revoked', { on: 'authorization', kind: 'authorization-status', status: 'revoked' }],
  ];
  for (const [title, fault] of endings) {
    test(title, async () => {
      await run(async ({ ca, chain, events }) => {
        ca.inject(fault);
        await chain.issue(signal);
        assert.equal(events.filter(({ type }) => type === 'order.created').length, 2);
        assert.equal(events.filter(({ type }) => type === 'certificate.issued').length, 1);
        assert.ok(!events.some(({ type }) => type === 'issuance.failed'));
      });
    });
  }
});

describe('verdicts: the reason is the CA’s own, the old certificate stays, DNS is clean', () => {
  const run = useCa();
  const paused = 'Your account is paused for these names. Visit https://portal.example/unpause?jwt=abc to unpause';
  const cases: readonly (readonly [string, Fault, { code: string; message: RegExp; permanent: boolean }])[] = [
    [
      'a name is refused',
      {
        on: 'newOrder',
        kind: 'problem',
        problem: { type: 'rejectedIdentifier', detail: 'Policy forbids this name', status: 403 },
      },
      { code: 'acme-rejected-identifier', message: /Policy forbids this name/, permanent: true },
    ],
    [
      'the account is paused',
      { on: 'newOrder', kind: 'problem', problem: { type: 'rateLimited', detail: paused, status: 429 } },
      { code: 'acme-paused', message: /portal\.example\/unpause/, permanent: true },
    ],
    [
      'the CSR is refused',
      { on: 'finalize', kind: 'problem', problem: { type: 'badCSR', detail: 'weak key', status: 400 } },
      { code: 'acme-bad-csr', message: /weak key/, permanent: true },
    ],
    [
      'the order becomes invalid when it is signed',
      {
        on: 'finalize',
        kind: 'order-invalid',
        error: {
          type: 'compound',
          detail: 'Error finalizing order',
          status: 403,
          subproblems: [
            {
              type: 'dns',
              detail: 'SERVFAIL looking up CAA',
              status: 403,
              identifier: { type: 'dns', value: 'x.example.org' },
            },
          ],
        },
      },
      {
        code: 'acme-compound',
        message: /Error finalizing order; x\.example\.org: SERVFAIL looking up CAA/,
        permanent: false,
      },
    ],
    ...(['other-key', 'missing-name', 'wrong-order', 'trailing-garbage', 'expired'] as const).map(
      (form) =>
        [
          `the chain is wrong: ${form}`,
          { on: 'certificate', kind: 'chain', form },
          { code: 'certificate-mismatch', message: /./, permanent: false },
        ] as const,
    ),
  ];
  for (const [title, fault, expected] of cases) {
    test(title, async () => {
      await run(async ({ ca, chain, events }) => {
        const good = await chain.issue(signal);
        ca.inject(fault);
        await assert.rejects(chain.issue(signal), (error: unknown) => {
          assert.ok(error instanceof DomainError);
          assert.equal(error.code, expected.code);
          assert.match(error.message, expected.message);
          return true;
        });
        const attempts = await chain.deps.store.loadAttempts(chain.request.id);
        assert.equal(attempts?.permanent, expected.permanent);
        assert.equal(events.filter(({ type }) => type === 'issuance.failed').length, 1);
        const inPlace = await chain.deps.delivery.current(chain.request.id);
        assert.equal(inPlace?.facts.serial, good.facts.serial);
      });
    });
  }

  test('the CA sees another answer than ours: the message names the domain and what was seen', async () => {
    await run(async ({ chain, events }) => {
      const { presenter } = chain.deps;
      const wrong = {
        ...chain.deps,
        presenter: {
          delegationTarget: presenter.delegationTarget.bind(presenter),
          remove: presenter.remove.bind(presenter),
          present: (answers: Parameters<typeof presenter.present>[0], during: AbortSignal) =>
            presenter.present(
              answers.map(({ name }, index) => ({ name, value: `${index}`.repeat(43) })),
              during,
            ),
        },
      };
      await assert.rejects(chain.issue(signal, wrong), (error: unknown) => {
        assert.ok(error instanceof DomainError);
        assert.match(error.code, /^acme-(unauthorized|incorrect-response)$/);
        for (const name of chain.request.names)
          assert.ok(error.message.includes(`could not validate ${name}:`), error.message);
        assert.match(error.message, /"(0{43}|1{43})"/);
        return true;
      });
      assert.equal(events.filter(({ type }) => type === 'issuance.failed').length, 1);
      await presenter.remove(
        [0, 1].map((index) => ({
          name: `_acme-challenge.${chain.request.names[0]}` as never,
          value: `${index}`.repeat(43),
        })),
        signal,
      );
    });
  });
});

describe('authorizations that the CA has already', () => {
  const run = useCa({ reuseAuthorizations: true });
  test('a renewal needs no challenge', async () => {
    await run(async ({ ca, chain, events }) => {
      await chain.issue(signal);
      const from = ca.requests.length;
      events.length = 0;
      await chain.issue(signal);
      assert.equal(since(ca, from, 'challenge', 200), 0);
      assert.ok(!events.some(({ type }) => type === 'challenge.presented'));
      assert.equal(events.filter(({ type }) => type === 'certificate.issued').length, 1);
    });
  });
});

describe('a CA that signs slowly', () => {
  const run = useCa({ processingTime: 1500, retryAfter: 1 });
  test('it is asked as often as it says', async () => {
    await run(async ({ ca, chain }) => {
      const from = ca.requests.length;
      const issued = await chain.issue(signal);
      assert.ok(parseChain(issued.chain).length > 1);
      // Looks while it validates, and one a second while it signs.
      assert.ok(since(ca, from, 'order', 200) <= 6, `${since(ca, from, 'order', 200)} looks`);
    });
  });
});
