import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseCertificateName } from '../core/domain-name.ts';
import type { CertificateRequest, OrderRecord, OrderState } from './order-record.ts';
import { planCertificate } from './plan.ts';
import type { Gathered } from './plan.ts';
import type { Attempts } from './ports.ts';
import { requestFingerprint } from './request-fingerprint.ts';

const DAY = 86_400_000;
const NOW = 1_700_000_000_000;

const request: CertificateRequest = {
  id: 'example.org',
  names: ['example.org', '*.example.org'].map(parseCertificateName),
  ca: 'https://ca.example/directory',
  keyType: 'P-256',
};
const facts = {
  names: request.names,
  serial: '01',
  issuer: 'R1',
  notBefore: NOW - 10 * DAY,
  notAfter: NOW + 80 * DAY,
};
const current = { facts, ca: request.ca, keyType: request.keyType };
const attempts: Attempts = {
  failures: 1,
  lastFailureAt: NOW - 1000,
  notBefore: NOW + 60_000,
  permanent: false,
  code: 'acme-dns',
  message: 'the CA could not validate example.org',
  fingerprint: requestFingerprint(request),
};
const permanent = { ...attempts, permanent: true, notBefore: undefined };
const order = (state: OrderState): OrderRecord => ({ certificate: request, createdAt: NOW, privateKey: '', state });
const orderUrl = 'https://ca.example/order/1';
const failing = order({
  step: 'failing',
  orderUrl,
  challenges: [],
  failure: { code: 'acme-dns', message: '', notBefore: undefined, permanent: false },
});
const cleaning = (retryAt: number) =>
  order({ step: 'cleaning', orderUrl, challenges: [], outcome: { kind: 'delivered' }, retryAt });

/** A certificate that is good for another 50 days before it is renewed. */
const good: Gathered = {
  request,
  current,
  attempts: undefined,
  renewal: { at: NOW + 50 * DAY, reason: 'two thirds of its life are over' },
  order: undefined,
  forced: false,
  now: NOW,
};
const missing = { ...good, current: undefined, renewal: undefined };
const withNames = (...names: string[]) => ({ ...current, facts: { ...facts, names: names.map(parseCertificateName) } });

interface Case {
  readonly title: string;
  readonly gathered: Gathered;
  readonly kind: string;
  readonly reason: string;
  readonly until?: number;
  readonly message?: RegExp;
}

const cases: readonly Case[] = [
  {
    title: 'a good certificate',
    gathered: good,
    kind: 'current',
    reason: 'good',
    until: NOW + 50 * DAY,
    message: /50 d/,
  },
  { title: 'none yet', gathered: missing, kind: 'issue', reason: 'missing', message: /no certificate yet/ },
  {
    title: 'a name was added',
    gathered: { ...good, current: withNames('example.org') },
    kind: 'issue',
    reason: 'names-changed',
    message: /lacks \*\.example\.org/,
  },
  {
    title: 'a name was taken away',
    gathered: { ...good, current: withNames('example.org', '*.example.org', 'old.example.org') },
    kind: 'issue',
    reason: 'names-changed',
    message: /also has old\.example\.org/,
  },
  {
    title: 'the names stand in another order',
    gathered: { ...good, current: withNames('*.example.org', 'example.org') },
    kind: 'current',
    reason: 'good',
  },
  {
    title: 'another type of key is wanted',
    gathered: { ...good, current: { ...current, keyType: 'RSA-2048' } },
    kind: 'issue',
    reason: 'key-type-changed',
    message: /RSA-2048.*P-256/,
  },
  {
    title: 'the type of key in place is not known',
    gathered: { ...good, current: { ...current, keyType: undefined } },
    kind: 'current',
    reason: 'good',
  },
  {
    title: 'another CA is wanted',
    gathered: { ...good, current: { ...current, ca: 'https://other.example/directory' } },
    kind: 'issue',
    reason: 'ca-changed',
    message: /other\.example/,
  },
  {
    title: 'its CA is not known',
    gathered: { ...good, current: { ...current, ca: undefined } },
    kind: 'current',
    reason: 'good',
  },
  {
    title: 'it has expired',
    gathered: { ...good, now: facts.notAfter },
    kind: 'issue',
    reason: 'expired',
    message: /expired 0 ms ago/,
  },
  {
    title: 'the chosen instant has come',
    gathered: { ...good, renewal: { at: NOW, reason: 'the CA suggests it' } },
    kind: 'issue',
    reason: 'due',
    message: /the CA suggests it/,
  },
  {
    title: 'one millisecond before the chosen instant',
    gathered: { ...good, renewal: { at: NOW + 1, reason: 'x' } },
    kind: 'current',
    reason: 'good',
    until: NOW + 1,
  },
  {
    title: 'no instant was chosen: the last twentieth counts',
    gathered: { ...good, renewal: undefined },
    kind: 'current',
    reason: 'good',
    until: facts.notAfter - 4.5 * DAY,
  },
  {
    title: 'an instant after the last twentieth has begun is not waited for',
    gathered: { ...good, renewal: { at: facts.notAfter + DAY, reason: 'x' }, now: facts.notAfter - 4.5 * DAY },
    kind: 'issue',
    reason: 'due',
    message: /last twentieth/,
  },
  { title: 'asked for by hand', gathered: { ...good, forced: true }, kind: 'issue', reason: 'forced' },
  {
    title: 'in back-off',
    gathered: { ...missing, attempts },
    kind: 'wait',
    reason: 'in-back-off',
    until: NOW + 60_000,
    message: /could not validate example\.org; next try in/,
  },
  {
    title: 'the back-off is over',
    gathered: { ...missing, attempts, now: NOW + 60_000 },
    kind: 'issue',
    reason: 'missing',
  },
  {
    title: 'failures of another request do not count',
    gathered: { ...missing, attempts: { ...attempts, fingerprint: 'other' } },
    kind: 'issue',
    reason: 'missing',
  },
  {
    title: 'in back-off, but asked for by hand',
    gathered: { ...missing, attempts, forced: true },
    kind: 'issue',
    reason: 'forced',
  },
  {
    title: 'only a person can help',
    gathered: { ...missing, attempts: permanent },
    kind: 'blocked',
    reason: 'permanent-failure',
    message: /when the request changes/,
  },
  {
    title: 'a person has changed the request',
    gathered: { ...missing, attempts: { ...permanent, fingerprint: 'other' } },
    kind: 'issue',
    reason: 'missing',
  },
  {
    title: 'a person asks in spite of it',
    gathered: { ...missing, attempts: permanent, forced: true },
    kind: 'issue',
    reason: 'forced',
  },
  {
    title: 'a permanent failure does not spoil a certificate that is good',
    gathered: { ...good, attempts: permanent },
    kind: 'current',
    reason: 'good',
  },
  {
    title: 'an order is under way, though the certificate is good',
    gathered: { ...good, order: order({ step: 'finalizing', orderUrl, challenges: [], since: NOW }) },
    kind: 'issue',
    reason: 'in-flight',
    message: /finalizing/,
  },
  {
    title: 'an order is under way and in back-off',
    gathered: { ...missing, order: order({ step: 'ordering' }), attempts },
    kind: 'wait',
    reason: 'in-back-off',
  },
  {
    title: 'an issued order waits to be delivered',
    gathered: { ...missing, order: order({ step: 'issued', orderUrl, challenges: [], chain: '' }) },
    kind: 'issue',
    reason: 'in-flight',
  },
  { title: 'answers are still in DNS', gathered: { ...good, order: cleaning(NOW) }, kind: 'tidy', reason: 'cleaning' },
  {
    title: 'answers of a failed order are still in DNS',
    gathered: { ...good, order: failing },
    kind: 'tidy',
    reason: 'cleaning',
  },
  {
    title: 'answers could not be removed a moment ago',
    gathered: { ...good, order: cleaning(NOW + 60_000) },
    kind: 'current',
    reason: 'good',
    until: NOW + 60_000,
  },
  {
    title: 'answers are still in DNS, and it is due',
    gathered: { ...good, order: cleaning(NOW), now: facts.notAfter },
    kind: 'issue',
    reason: 'expired',
  },
];

describe('planCertificate', () => {
  for (const { title, gathered, kind, reason, until, message } of cases) {
    test(title, () => {
      const plan = planCertificate(gathered);
      assert.equal(`${plan.kind} ${plan.reason}`, `${kind} ${reason}`);
      if (until !== undefined) assert.equal('until' in plan ? plan.until : undefined, until);
      if (message !== undefined) assert.match(plan.message, message);
    });
  }
});
