import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { createCertificateRequest, parseCertificateRequest } from './certificate-request.ts';
import type { ParsedRequest, WantedContent } from './certificate-request.ts';
import { generateKey, parsePrivateKey } from './key.ts';
import { parseCertificate } from './parsed-certificate.ts';
import { certificateDifferences, requestDifferences } from './request-comparison.ts';
import { recordedData } from './testing/recorded.ts';

const WANTED: WantedContent = {
  commonName: 'leaf.example.org',
  subject: { countries: ['DE'], organizations: ['Example'], organizationalUnits: ['Web', 'Shop'] },
  dnsNames: ['leaf.example.org', 'www.leaf.example.org', 'new.leaf.example.org'],
  ipAddresses: ['192.0.2.7', '2001:db8::7'],
  uris: ['spiffe://example.org/leaf'],
  emailAddresses: ['admin@example.org'],
};
const UPN = { oid: '1.3.6.1.4.1.311.20.2.3', utf8Value: 'user@example.org' };

describe('a request held against a spec', () => {
  let request: ParsedRequest;
  let literal: ParsedRequest;

  before(async () => {
    const privateKey = parsePrivateKey(await generateKey('P-256'));
    request = parseCertificateRequest(await createCertificateRequest({ ...WANTED, otherNames: [UPN], privateKey }));
    literal = parseCertificateRequest(await createCertificateRequest({ literalSubject: 'CN=a,OU=b,O=c', privateKey }));
  });

  const subject = (change: object): WantedContent => ({ subject: { ...WANTED.subject, ...change } });
  const rows: [name: string, change: WantedContent, fields: string[]][] = [
    ['nothing', {}, []],
    [
      'the order of lists',
      { dnsNames: WANTED.dnsNames?.toReversed(), ...subject({ organizationalUnits: ['Shop', 'Web'] }) },
      [],
    ],
    ['how an address is written', { ipAddresses: ['2001:0db8:0::7', '192.0.2.7'] }, []],
    ['other names that are not asked for', { otherNames: undefined }, []],
    ['other names that are asked for', { otherNames: [UPN] }, []],
    ['a DNS name more', { dnsNames: [...(WANTED.dnsNames ?? []), 'x.example.org'] }, ['spec.dnsNames']],
    ['no DNS names', { dnsNames: undefined }, ['spec.dnsNames']],
    ['a DNS name twice', { dnsNames: [...(WANTED.dnsNames ?? []), 'leaf.example.org'] }, ['spec.dnsNames']],
    ['another address', { ipAddresses: ['192.0.2.8', '2001:db8::7'] }, ['spec.ipAddresses']],
    ['URIs and mail addresses', { uris: [], emailAddresses: [] }, ['spec.uris', 'spec.emailAddresses']],
    ['an other name', { otherNames: [{ ...UPN, utf8Value: 'x' }] }, ['spec.otherNames']],
    ['an empty list of other names', { otherNames: [] }, ['spec.otherNames']],
    ['the common name', { commonName: 'x.example.org' }, ['spec.commonName']],
    ['no common name', { commonName: undefined }, ['spec.commonName']],
    [
      'organisation and country',
      subject({ organizations: ['x'], countries: [] }),
      ['spec.subject.organizations', 'spec.subject.countries'],
    ],
    ['serial number', subject({ serialNumber: '1' }), ['spec.subject.serialNumber']],
    [
      'the rest of the subject',
      subject({ localities: ['x'], provinces: ['x'], postalCodes: ['x'], streetAddresses: ['x'] }),
      ['spec.subject.localities', 'spec.subject.postCodes', 'spec.subject.postCodes', 'spec.subject.streetAddresses'],
    ],
    ['a literal subject', { literalSubject: 'CN=leaf.example.org' }, ['spec.literalSubject']],
    ['the same as a literal subject', { literalSubject: 'CN=leaf.example.org,OU=Web+OU=Shop,O=Example,C=DE' }, []],
  ];
  for (const [name, change, fields] of rows) {
    test(`${name}: ${fields.join(', ') || 'fits'}`, () => {
      assert.deepEqual(requestDifferences({ ...WANTED, ...change }, request), fields);
    });
  }

  test('the order of a literal subject counts', () => {
    assert.deepEqual(requestDifferences({ literalSubject: 'CN=a,OU=b,O=c' }, literal), []);
    assert.deepEqual(requestDifferences({ literalSubject: 'OU=b,CN=a,O=c' }, literal), ['spec.literalSubject']);
  });
});

describe('a certificate held against a spec', () => {
  const certificate = parseCertificate(recordedData('leaf-tls', 'tls.crt'));
  const rows: [name: string, change: WantedContent, fields: string[]][] = [
    ['nothing', {}, []],
    ['a subject that the CA changed', { subject: { organizations: ['x'] } }, []],
    ['usages', { usages: ['code signing'] }, []],
    ['a common name that is only among the DNS names', { commonName: 'www.leaf.example.org' }, []],
    ['no common name where the CA wrote the first DNS name', { commonName: undefined }, []],
    ['a DNS name that is only the common name', { dnsNames: ['www.leaf.example.org', 'new.leaf.example.org'] }, []],
    ['the common name of a literal subject', { commonName: undefined, literalSubject: 'CN=leaf.example.org,O=x' }, []],
    ['another common name', { commonName: 'x.example.org' }, ['spec.commonName']],
    ['a DNS name more', { dnsNames: [...(WANTED.dnsNames ?? []), 'x.example.org'] }, ['spec.dnsNames']],
    ['a DNS name less', { dnsNames: ['leaf.example.org', 'www.leaf.example.org'] }, ['spec.dnsNames']],
    [
      'other kinds',
      { ipAddresses: [], uris: [], emailAddresses: [] },
      ['spec.ipAddresses', 'spec.uris', 'spec.emailAddresses'],
    ],
  ];
  for (const [name, change, fields] of rows) {
    test(`${name}: ${fields.join(', ') || 'fits'}`, () => {
      assert.deepEqual(certificateDifferences({ ...WANTED, ...change }, certificate), fields);
    });
  }
});
