import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DomainError } from '../../core/error.ts';
import { certificateId } from '../../pki/certificate-id.ts';
import { parseCertificate } from '../../pki/parsed-certificate.ts';
import { recordedData, recordedObject } from '../../pki/testing/recorded.ts';
import { toTime } from '../conditions.ts';
import type { Certificate } from '../schema/certificate.ts';
import type { AcmeServer, RenewalSuggestion } from './acme-access.ts';
import { askForSuggestion } from './ask-for-suggestion.ts';
import type { SuggestionDeps } from './ask-for-suggestion.ts';

const KEY = 'default/acme-nowait';
const HOUR = 3_600_000;
const leaf = parseCertificate(recordedData('acme-nowait-tls', 'tls.crt'));
const NOW = leaf.notBefore + 24 * HOUR;
const window = { start: NOW + 100 * HOUR, end: NOW + 200 * HOUR };
const suggestion: RenewalSuggestion = {
  suggestedWindow: window,
  explanationUrl: 'https://ca.example/why',
  retryAfter: NOW + 6 * HOUR,
};

const recorded = recordedObject('Certificate', 'acme-nowait') as unknown as Certificate;
const certificate: Certificate = {
  ...recorded,
  status: { notBefore: toTime(leaf.notBefore), notAfter: toTime(leaf.notAfter) },
};

interface World {
  certificate?: Certificate;
  issuer?: object;
  annotations?: Record<string, string>;
  answer?: RenewalSuggestion | DomainError | undefined;
  random?: number;
}

/** One Certificate, the Secret that cert-manager made for it, and a CA that says what it is told to. */
async function run(
  world: World,
): Promise<{ result: unknown; written: Certificate | undefined; asked: [AcmeServer, string][]; events: string[] }> {
  const { answer = suggestion, random = 0.5 } = { ...world };
  const said = 'answer' in world ? world.answer : answer;
  const secret = recordedObject('Secret', 'acme-nowait-tls') as unknown as {
    metadata: { annotations: Record<string, string> };
  };
  const annotations = { ...secret.metadata.annotations, ...world.annotations };
  const asked: [AcmeServer, string][] = [];
  const events: string[] = [];
  let written: Certificate | undefined;
  const issuer = { spec: { acme: { server: 'https://ca.example/directory', ...world.issuer } } };
  const deps = {
    client: { updateStatus: async (_: unknown, object: Certificate) => (written = object) },
    certificates: { get: () => world.certificate ?? certificate, upsert: () => {} },
    issuers: { get: () => issuer },
    clusterIssuers: { get: () => issuer },
    secrets: { read: async () => ({ ...secret, metadata: { ...secret.metadata, annotations } }) },
    events: {
      record: (_: unknown, { reason, message }: { reason: string; message: string }) =>
        events.push(`${reason}: ${message}`),
    },
    clock: { now: () => NOW },
    random: () => random,
    access: {
      renewalInfo: async (server: AcmeServer, id: string) => {
        asked.push([server, id]);
        if (said instanceof DomainError) throw said;
        return said;
      },
    },
  } as unknown as SuggestionDeps;
  const result = await askForSuggestion(deps, KEY, new AbortController().signal);
  return { result, written, asked, events };
}

describe('asking a CA when to renew (RFC 9773)', () => {
  test('what it says is in the status, with the time that was drawn', async () => {
    const { written, asked, events } = await run({});
    assert.deepEqual(written?.status?.acme, {
      ari: {
        suggestedWindow: { start: toTime(window.start), end: toTime(window.end) },
        explanationURL: 'https://ca.example/why',
        lastChecked: toTime(NOW),
        nextCheck: toTime(NOW + 6 * HOUR),
      },
    });
    assert.equal(written?.status?.renewalTime, toTime(NOW + 150 * HOUR));
    assert.deepEqual(asked, [
      [{ directoryUrl: 'https://ca.example/directory', trust: undefined, trustAnyone: false }, certificateId(leaf)],
    ]);
    assert.deepEqual(events, []);
  });

  const before = {
    suggestedWindow: { start: toTime(window.start), end: toTime(window.end) },
    lastChecked: toTime(NOW - HOUR),
    nextCheck: toTime(NOW - 1000),
  };
  const askedBefore = {
    ...certificate,
    status: { ...certificate.status, renewalTime: toTime(NOW + 123 * HOUR), acme: { ari: before } },
  };

  test('the time stays while the window does', async () => {
    const { written } = await run({ certificate: askedBefore });
    assert.equal(written?.status?.renewalTime, toTime(NOW + 123 * HOUR));
  });

  test('when the window moves it is drawn anew', async () => {
    const moved = { ...suggestion, suggestedWindow: { start: NOW - 2 * HOUR, end: NOW - HOUR } };
    const { written } = await run({ certificate: askedBefore, answer: moved });
    assert.equal(written?.status?.renewalTime, toTime(NOW - 1.5 * HOUR));
  });

  test('a fault is told once, and leaves what was said', async () => {
    const fault = new DomainError('acme-unreachable', 'the CA cannot be reached', { retry: { kind: 'backoff' } });
    const first = await run({ certificate: askedBefore, answer: fault });
    const { ari } = first.written?.status?.acme ?? {};
    assert.deepEqual(ari, {
      ...before,
      lastChecked: toTime(NOW),
      nextCheck: toTime(NOW + HOUR),
      lastError: 'the CA cannot be reached',
    });
    assert.equal(first.written?.status?.renewalTime, toTime(NOW + 123 * HOUR));
    assert.deepEqual(first.events, ['ARIError: the CA cannot be reached']);
    const again = {
      ...askedBefore,
      status: { ...askedBefore.status, acme: { ari: { ...ari, nextCheck: toTime(NOW) } } },
    };
    assert.deepEqual((await run({ certificate: again, answer: fault })).events, []);
    const { lastError } = (await run({ certificate: again })).written?.status?.acme?.ari ?? {};
    assert.equal(lastError, undefined);
  });

  test('a CA that says when to ask again is obeyed', async () => {
    const fault = new DomainError('acme-rate-limited', 'slower', { retry: { kind: 'after', at: NOW + 9 * HOUR } });
    const { written } = await run({ answer: fault });
    assert.equal(written?.status?.acme?.ari?.nextCheck, toTime(NOW + 9 * HOUR));
  });

  test('a CA without such information is asked again a day later', async () => {
    const { written } = await run({ answer: undefined });
    assert.deepEqual(written?.status?.acme?.ari, { lastChecked: toTime(NOW), nextCheck: toTime(NOW + 24 * HOUR) });
    assert.equal(written?.status?.renewalTime, undefined);
  });

  test('before it is time nobody is asked', async () => {
    const ari = { ...before, nextCheck: toTime(NOW + 2 * HOUR) };
    const { result, asked } = await run({
      certificate: { ...certificate, status: { ...certificate.status, acme: { ari } } },
    });
    assert.deepEqual([result, asked], [{ kind: 'again', after: 2 * HOUR }, []]);
  });

  const { status = {} } = certificate;
  const issuing = { type: 'Issuing', status: 'True' as const, lastTransitionTime: toTime(NOW) };
  const left: [name: string, world: World][] = [
    ['an issuer that says so', { issuer: { renewalInformationSource: 'None' } }],
    [
      'a Certificate that is never renewed',
      { certificate: { ...certificate, spec: { ...certificate.spec, renewal: { policy: 'Disabled' } } } },
    ],
    ['one that is being issued', { certificate: { ...certificate, status: { ...status, conditions: [issuing] } } }],
    ['one of which nothing is known yet', { certificate: { ...certificate, status: {} } }],
    [
      'one that is being deleted',
      { certificate: { ...certificate, metadata: { ...certificate.metadata, deletionTimestamp: toTime(NOW) } } },
    ],
    [
      'an issuer of another group',
      {
        certificate: { ...certificate, spec: { ...certificate.spec, issuerRef: { name: 'x', group: 'example.org' } } },
      },
    ],
    ['a Secret of another issuer', { annotations: { 'cert-manager.io/issuer-name': 'other' } }],
    ['a Secret of another Certificate', { annotations: { 'cert-manager.io/certificate-name': 'other' } }],
    [
      'a Secret that the status does not tell of yet',
      { certificate: { ...certificate, status: { ...status, notBefore: toTime(NOW - 999 * HOUR) } } },
    ],
    ['a server that is no URL', { issuer: { server: 'nonsense' } }],
  ];
  for (const [name, world] of left) {
    test(`${name}: nobody is asked`, async () => {
      const { result, asked, written } = await run(world);
      assert.deepEqual([result, asked, written], [{ kind: 'done' }, [], undefined]);
    });
  }
});
