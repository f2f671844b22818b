import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { annotatedSpec } from './annotated-spec.ts';
import type { AnnotatedSpec } from './annotated-spec.ts';

const GROUP = 'cert-manager.io/';

function read(annotations: Readonly<Record<string, string>>) {
  return annotatedSpec(Object.fromEntries(Object.entries(annotations).map(([name, value]) => [GROUP + name, value])));
}

describe('what annotations say about a certificate', () => {
  const rows: [annotations: Record<string, string>, spec: AnnotatedSpec][] = [
    [{}, {}],
    [{ 'common-name': 'a.example.org' }, { commonName: 'a.example.org' }],
    [{ 'common-name': '' }, {}],
    [{ 'alt-names': 'a.example.org, b.example.org' }, { dnsNames: ['a.example.org', 'b.example.org'] }],
    [{ 'ip-sans': '192.0.2.1,2001:db8::1' }, { ipAddresses: ['192.0.2.1', '2001:db8::1'] }],
    [{ 'uri-sans': 'spiffe://example.org/a' }, { uris: ['spiffe://example.org/a'] }],
    [{ 'email-sans': 'a@example.org,b@example.org' }, { emailAddresses: ['a@example.org', 'b@example.org'] }],
    [{ 'email-sans': '' }, {}],
    [{ duration: '999h' }, { duration: '999h0m0s' }],
    [{ 'renew-before': '1.5h' }, { renewBefore: '1h30m0s' }],
    [{ 'renew-before-percentage': '25' }, { renewBeforePercentage: 25 }],
    [{ usages: 'server auth, client auth' }, { usages: ['server auth', 'client auth'] }],
    [{ 'revision-history-limit': '7' }, { revisionHistoryLimit: 7 }],
    [
      {
        'private-key-algorithm': 'RSA',
        'private-key-encoding': 'PKCS1',
        'private-key-size': '4096',
        'private-key-rotation-policy': 'Always',
      },
      { privateKey: { algorithm: 'RSA', encoding: 'PKCS1', size: 4096, rotationPolicy: 'Always' } },
    ],
    [{ 'private-key-size': '2048' }, { privateKey: { size: 2048 } }],
    [
      { 'private-key-algorithm': 'ECDSA', 'private-key-size': '384' },
      { privateKey: { algorithm: 'ECDSA', size: 384 } },
    ],
    [
      {
        'subject-organizations': '"Example, Inc.",Other',
        'subject-organizationalunits': 'Web',
        'subject-countries': 'DE,AT',
        'subject-provinces': 'Hessen',
        'subject-localities': 'Darmstadt',
        'subject-postalcodes': '64283',
        'subject-streetaddresses': 'A 1',
        'subject-serialnumber': '7',
      },
      {
        subject: {
          organizations: ['Example, Inc.', 'Other'],
          organizationalUnits: ['Web'],
          countries: ['DE', 'AT'],
          provinces: ['Hessen'],
          localities: ['Darmstadt'],
          postalCodes: ['64283'],
          streetAddresses: ['A 1'],
          serialNumber: '7',
        },
      },
    ],
    [
      { 'secret-template': '{"annotations":{"a":"b"},"labels":{"c":""}}' },
      { secretTemplate: { annotations: { a: 'b' }, labels: { c: '' } } },
    ],
    [{ 'secret-template': '{}' }, {}],
    [{ 'secret-template': '{"labels":{}}' }, {}],
    [{ issuer: 'x', 'no-such-annotation': 'y' }, {}],
  ];
  for (const [annotations, spec] of rows) {
    test(JSON.stringify(annotations), () => assert.deepEqual(read(annotations), { kind: 'spec', spec }));
  }
});

describe('annotations that say nothing that can be done', () => {
  const rows: [annotations: Record<string, string>, message: RegExp][] = [
    [{ duration: '90d' }, /^the annotation cert-manager\.io\/duration is "90d": write hours, minutes and seconds/],
    [{ 'renew-before': '' }, /renew-before is "": write hours/],
    [{ 'renew-before-percentage': '100' }, /renew-before-percentage is "100": write a whole number from 1 to 99$/],
    [{ 'renew-before-percentage': '1.5' }, /whole number from 1 to 99/],
    [{ usages: 'server auth,flying' }, /usages is "flying": this is no usage/],
    [{ usages: '' }, /usages is ""/],
    [{ 'revision-history-limit': '0' }, /revision-history-limit is "0": write a whole number from 1$/],
    [{ 'revision-history-limit': '4294967296' }, /whole number from 1/],
    [{ 'private-key-algorithm': 'rsa' }, /private-key-algorithm is "rsa": write one of RSA, ECDSA, Ed25519/],
    [{ 'private-key-encoding': 'DER' }, /write one of PKCS1, PKCS8/],
    [{ 'private-key-rotation-policy': 'Sometimes' }, /write one of Never, Always/],
    [{ 'private-key-size': '1024' }, /private-key-size is "1024": an RSA key/],
    [{ 'private-key-algorithm': 'ECDSA', 'private-key-size': '2048' }, /an ECDSA key has 256, 384 or 521 bits/],
    [{ 'private-key-size': 'big' }, /private-key-size is "big"/],
    [{ 'subject-organizations': '"Example' }, /subject-organizations is ""Example": put a value/],
    [{ 'secret-template': 'a: b' }, /secret-template cannot be read: write JSON/],
    [{ 'secret-template': '{"data":{}}' }, /secret-template cannot be read/],
    [{ 'secret-template': '[]' }, /secret-template cannot be read/],
    [
      { 'secret-template': '{"annotations":{"cert-manager.io/x":"y"}}' },
      /secret-template is "cert-manager\.io\/x": annotations that begin/,
    ],
    [
      { duration: 'x', 'revision-history-limit': 'y' },
      /duration is "x".*; the annotation .*revision-history-limit is "y"/,
    ],
  ];
  for (const [annotations, message] of rows) {
    test(JSON.stringify(annotations), () => {
      const finding = read(annotations);
      assert.equal(finding.kind, 'bad');
      assert.match(finding.kind === 'bad' ? finding.message : '', message);
    });
  }
});
