import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ParsedCertificate } from '../../pki/parsed-certificate.ts';
import { certificateAnnotations } from './certificate-annotations.ts';
import { csvLine } from './csv.ts';

describe('csvLine', () => {
  const rows: [fields: string[], line: string][] = [
    [[], ''],
    [['a.example', 'b.example'], 'a.example,b.example'],
    [['Example, Inc.', 'x'], '"Example, Inc.",x'],
    [['say "hi"'], '"say ""hi"""'],
    [[' leading', 'trailing '], '" leading",trailing '],
    [['two\nlines'], '"two\nlines"'],
    [['\\.'], '"\\."'],
  ];
  for (const [fields, line] of rows) test(JSON.stringify(fields), () => assert.equal(csvLine(fields), line));
});

const bare = {
  commonName: '',
  subject: [],
  dnsNames: [],
  ipAddresses: [],
  uris: [],
  emailAddresses: [],
} as unknown as ParsedCertificate;

test('four annotations stand there also when there is nothing to say', () => {
  assert.deepEqual(certificateAnnotations(bare), {
    'cert-manager.io/common-name': '',
    'cert-manager.io/alt-names': '',
    'cert-manager.io/ip-sans': '',
    'cert-manager.io/uri-sans': '',
  });
});

test('those that cert-manager wrote for a certificate with every kind of name', () => {
  const certificate = {
    ...bare,
    commonName: 'leaf.example.org',
    subject: [
      [{ oid: '2.5.4.6', value: 'DE' }],
      [{ oid: '2.5.4.10', value: 'Example' }],
      [
        { oid: '2.5.4.11', value: 'Web' },
        { oid: '2.5.4.11', value: 'Shop' },
      ],
    ],
    dnsNames: ['leaf.example.org', 'www.leaf.example.org'],
    ipAddresses: ['192.0.2.7', '2001:db8::7'],
    uris: ['spiffe://example.org/leaf'],
    emailAddresses: ['admin@example.org'],
  };
  assert.deepEqual(certificateAnnotations(certificate), {
    'cert-manager.io/alt-names': 'leaf.example.org,www.leaf.example.org',
    'cert-manager.io/common-name': 'leaf.example.org',
    'cert-manager.io/email-sans': 'admin@example.org',
    'cert-manager.io/ip-sans': '192.0.2.7,2001:db8::7',
    'cert-manager.io/subject-countries': 'DE',
    'cert-manager.io/subject-organizationalunits': 'Web,Shop',
    'cert-manager.io/subject-organizations': 'Example',
    'cert-manager.io/uri-sans': 'spiffe://example.org/leaf',
  });
});
