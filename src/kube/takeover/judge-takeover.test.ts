import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDomainName } from '../../core/domain-name.ts';
import { recordedObject } from '../../pki/testing/recorded.ts';
import type { Secret } from '../api/secret.ts';
import { viewOf } from '../certificate/gather-certificate.ts';
import type { CertificateParts } from '../certificate/gather-certificate.ts';
import type { AnyIssuer } from '../issuer/issuer-lookup.ts';
import { defaultKubeOptions } from '../options.ts';
import type { Certificate } from '../schema/certificate.ts';
import type { CertificateRequest } from '../schema/certificate-request.ts';
import { issuerSupport } from './issuer-support.ts';
import type { IssuerSupport } from './issuer-support.ts';
import { judgeTakeover } from './judge-takeover.ts';
import type { Takeover } from './judge-takeover.ts';

const THEN = Date.parse('2026-11-24T01:00:00Z');
const DAY = 86_400_000;
const SUPPORTED: IssuerSupport = { kind: 'supported' };

const recorded = recordedObject('Certificate', 'leaf') as unknown as Certificate;
/** As it was when its issuance had come to its end. */
const leaf: Certificate = {
  ...recorded,
  spec: { ...recorded.spec, secretTemplate: { labels: { other: '1' }, annotations: { reloader: 'on' } } },
  status: { ...recorded.status, conditions: [], revision: 4 },
};
const secret = recordedObject('Secret', 'leaf-tls') as unknown as Secret;
const request = recordedObject('CertificateRequest', 'leaf-4') as unknown as CertificateRequest;
const other: Certificate = { ...leaf, metadata: { ...leaf.metadata, name: 'other', uid: 'other' } };

function judge(
  change: { certificate?: Certificate; parts?: Partial<CertificateParts>; support?: IssuerSupport; now?: number } = {},
): Takeover {
  const { certificate = leaf, parts = {}, support = SUPPORTED, now = THEN } = change;
  const view = viewOf(certificate, { secret, requests: [request], nextKeys: [], sharing: [certificate], ...parts });
  return judgeTakeover(view, support, { certificateOwnerRef: false, backoff: defaultKubeOptions.backoff }, now);
}

const withSpec = (change: Partial<Certificate['spec']>): Certificate => ({
  ...leaf,
  spec: { ...leaf.spec, ...change },
});
const withStatus = (change: Partial<NonNullable<Certificate['status']>>): Certificate => ({
  ...leaf,
  status: { ...leaf.status, ...change },
});

const ROWS: readonly [what: string, told: () => Takeover, expected: Partial<Record<string, unknown>>][] = [
  ['as it was left', () => judge(), { kind: 'stays', repair: undefined }],
  [
    'a label of the template is missing',
    () => judge({ certificate: withSpec({ secretTemplate: { labels: { added: 'x' } } }) }),
    { kind: 'stays', repair: 'label added is missing or different' },
  ],
  ['due', () => judge({ now: THEN + 80 * DAY }), { kind: 'renews' }],
  [
    'another name',
    () => judge({ certificate: withSpec({ dnsNames: ['new.example.org'] }) }),
    { kind: 'issues', reason: 'RequestChanged' },
  ],
  ['no Secret', () => judge({ parts: { secret: undefined } }), { kind: 'issues', reason: 'DoesNotExist' }],
  [
    'a failure a minute ago',
    () => {
      const failed = withStatus({ failedIssuanceAttempts: 1, lastFailureTime: '2026-11-24T00:59:00Z' });
      return judge({ certificate: failed, parts: { secret: undefined } });
    },
    { kind: 'waits', until: THEN + 59 * 60_000 },
  ],
  [
    'under way',
    () => {
      const issuing = { type: 'Issuing', status: 'True', reason: 'X', message: 'by hand' } as const;
      return judge({ certificate: withStatus({ conditions: [issuing] }) });
    },
    { kind: 'goes-on', message: 'by hand' },
  ],
  [
    'the Secret of another one',
    () => judge({ certificate: other, parts: { sharing: [leaf, other] } }),
    { kind: 'shares', owner: 'leaf' },
  ],
  [
    'an issuer that is not built',
    () => judge({ support: { kind: 'unsupported', message: 'no' } }),
    { kind: 'cannot', validUntil: Date.parse('2027-02-22T00:24:45Z'), message: 'no' },
  ],
];

for (const [what, told, expected] of ROWS) {
  test(`what becomes of a Certificate: ${what}`, () => {
    assert.deepEqual({ ...told(), ...expected }, told());
  });
}

const issuer = (spec: unknown): AnyIssuer => ({ ...recordedObject('Issuer', 'ca'), spec }) as unknown as AnyIssuer;
const acme = (solver: unknown): AnyIssuer => issuer({ acme: { server: 'https://ca.example', solvers: [solver] } });
const zone = parseDomainName('auth.example.net');

const SUPPORT: readonly [what: string, support: () => IssuerSupport, expected: RegExp | 'supported' | 'foreign'][] = [
  ['ca', () => issuerSupport(leaf, issuer({ ca: { secretName: 'x' } }), undefined), 'supported'],
  ['selfSigned', () => issuerSupport(leaf, issuer({ selfSigned: {} }), undefined), 'supported'],
  ['none there', () => issuerSupport(leaf, undefined, undefined), /^there is no Issuer ca$/],
  ['vault', () => issuerSupport(leaf, issuer({ vault: {} }), undefined), /is of the type vault/],
  [
    'another group',
    () => issuerSupport(withSpec({ issuerRef: { name: 'a', group: 'example.org' } }), undefined, undefined),
    'foreign',
  ],
  [
    'ACME with an IP address',
    () => issuerSupport(leaf, acme({ dns01: { acmeDNS: {} } }), zone),
    /192\.0\.2\.7 cannot be/,
  ],
  ['ACME with our own DNS', () => issuerSupport(dnsOnly(), acme({ dns01: { acmeDNS: {} } }), zone), 'supported'],
  ['ACME without it', () => issuerSupport(dnsOnly(), acme({ dns01: { acmeDNS: {} } }), undefined), /--dns-zone/],
  ['HTTP-01', () => issuerSupport(dnsOnly(), acme({ http01: {} }), zone), /HTTP-01, which evercert does not do/],
  [
    'another provider',
    () => issuerSupport(dnsOnly(), acme({ dns01: { route53: { region: 'x' } } }), zone),
    /the DNS provider route53/,
  ],
  [
    'no solver for it',
    () => issuerSupport(dnsOnly(), acme({ selector: { dnsZones: ['example.com'] }, dns01: { acmeDNS: {} } }), zone),
    /no solver is for leaf\.example\.org/,
  ],
];

function dnsOnly(): Certificate {
  return withSpec({ ipAddresses: undefined });
}

for (const [what, support, expected] of SUPPORT) {
  test(`whether an issuer can be used: ${what}`, () => {
    const told = support();
    if (typeof expected === 'string') assert.equal(told.kind, expected);
    else assert.match(told.kind === 'unsupported' ? told.message : told.kind, expected);
  });
}
