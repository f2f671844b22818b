/** One object, and what a user is told about it; `undefined` when it is good. */
export interface SchemaCase {
  readonly what: string;
  readonly kind: 'Certificate' | 'CertificateRequest' | 'Issuer' | 'ClusterIssuer' | 'Order' | 'Challenge';
  readonly spec: Readonly<Record<string, unknown>>;
  /** What stands behind `The Certificate "x" is invalid: `. */
  readonly refused?: string;
}

function certificate(what: string, spec: Record<string, unknown>, refused?: string): SchemaCase {
  return {
    what,
    kind: 'Certificate',
    spec: { secretName: 'web-tls', issuerRef: { name: 'ca' }, dnsNames: ['example.org'], ...spec },
    ...(refused === undefined ? {} : { refused }),
  };
}

const without = (name: string) => ({ [name]: undefined });
const names = (count: number) =>
  Array.from({ length: count }, (_, index) => `${'long-label'.repeat(6)}.n${index}.example.org`);

const CERTIFICATES: readonly SchemaCase[] = [
  certificate('least', {}),
  certificate(
    'no name',
    without('dnsNames'),
    'spec: Required value: has no name: set at least one of dnsNames, ipAddresses, uris, emailAddresses, otherNames, commonName, or a literalSubject with a CN',
  ),
  certificate(
    'empty lists only',
    { dnsNames: [], ipAddresses: [], commonName: '' },
    'spec: Required value: has no name: set at least one of dnsNames, ipAddresses, uris, emailAddresses, otherNames, commonName, or a literalSubject with a CN',
  ),
  certificate('common name only', { ...without('dnsNames'), commonName: 'example.org' }),
  certificate('URI only', { ...without('dnsNames'), uris: ['spiffe://a/b'] }),
  certificate('literal subject only', { ...without('dnsNames'), literalSubject: 'O=Example,CN=a' }),
  certificate(
    'literal subject without a common name',
    { ...without('dnsNames'), literalSubject: 'O=Example' },
    'spec: Required value: has no name: set at least one of dnsNames, ipAddresses, uris, emailAddresses, otherNames, commonName, or a literalSubject with a CN',
  ),
  certificate('3000 names', { dnsNames: names(3000) }),
  certificate('100 of each', {
    dnsNames: names(100),
    ipAddresses: Array.from({ length: 100 }, (_, index) => `2001:db8::${index}`),
    uris: names(100).map((name) => `https://${name}/path`),
    emailAddresses: names(100).map((name) => `admin@${name}`),
    otherNames: names(100).map((name) => ({ oid: '1.3.6.1.4.1.311.20.2.3', utf8Value: name })),
    secretTemplate: {
      labels: Object.fromEntries(names(100).map((_, index) => [`example.org/label-${index}`, 'x'.repeat(63)])),
      annotations: Object.fromEntries(names(100).map((name, index) => [`example.org/note-${index}`, name.repeat(50)])),
    },
  }),
  certificate('64 characters', { commonName: 'x'.repeat(64) }),
  certificate(
    '65 characters',
    { commonName: 'x'.repeat(65) },
    `spec.commonName: Invalid value: "${'x'.repeat(65)}": is longer than 64 characters, the most that a common name may have`,
  ),
  certificate(
    'no secret name',
    { secretName: '' },
    `spec.secretName: Invalid value: "": cannot be the name of a Secret: lower case letters, digits, - and ., with a letter or digit at both ends`,
  ),
  certificate(
    'bad secret name',
    { secretName: 'Web_TLS' },
    `spec.secretName: Invalid value: "Web_TLS": cannot be the name of a Secret: lower case letters, digits, - and ., with a letter or digit at both ends`,
  ),
  certificate('no issuer', { issuerRef: { name: '' } }, 'spec.issuerRef.name: Required value: must be specified'),
  certificate('ClusterIssuer', { issuerRef: { name: 'ca', kind: 'ClusterIssuer', group: 'cert-manager.io' } }),
  certificate('issuer of another group', {
    issuerRef: { name: 'ca', kind: 'AWSPCAIssuer', group: 'awspca.cert-manager.io' },
  }),
  certificate(
    'issuer of another kind',
    { issuerRef: { name: 'ca', kind: 'AWSPCAIssuer' } },
    'spec.issuerRef.kind: Invalid value: is AWSPCAIssuer: must be Issuer or ClusterIssuer; for an issuer of another kind, set issuerRef.group as well',
  ),
  certificate(
    'another kind in our group',
    { issuerRef: { name: 'ca', kind: 'Isuer', group: 'cert-manager.io' } },
    'spec.issuerRef.kind: Invalid value: is Isuer: must be Issuer or ClusterIssuer',
  ),
  certificate('1h', { duration: '1h', renewBefore: '5m' }),
  certificate('as cert-manager writes it', { duration: '2160h0m0s', renewBefore: '360h0m0s' }),
  certificate(
    'half an hour',
    { duration: '30m', renewBefore: '5m' },
    'spec.duration: Invalid value: "30m": is too short: at least 1h',
  ),
  certificate(
    'days',
    { duration: '90d' },
    'spec.duration: Invalid value: "90d": is not a duration: write hours, minutes and seconds, such as 2160h or 1h30m',
  ),
  certificate('backwards', { duration: '-2h' }, 'spec.duration: Invalid value: "-2h": is too short: at least 1h'),
  certificate(
    'renewed too late',
    { renewBefore: '4m59s' },
    'spec.renewBefore: Invalid value: "4m59s": is too short: at least 5m',
  ),
  certificate(
    'renewed before it is issued',
    { duration: '10h', renewBefore: '10h' },
    'spec.renewBefore: Forbidden: must be shorter than duration, which is 2160h when missing',
  ),
  certificate(
    'renewed before it is issued, default',
    { renewBefore: '2160h' },
    'spec.renewBefore: Forbidden: must be shorter than duration, which is 2160h when missing',
  ),
  certificate('percentage', { renewBeforePercentage: 33 }),
  certificate(
    'both',
    { renewBefore: '10h', renewBeforePercentage: 33 },
    'spec.renewBeforePercentage: Forbidden: cannot stand beside renewBefore: choose one of them',
  ),
  certificate(
    '100 percent',
    { renewBeforePercentage: 100 },
    'spec.renewBeforePercentage: Invalid value: 100: spec.renewBeforePercentage in body should be less than or equal to 99',
  ),
  certificate(
    'a small share of little',
    { duration: '1h', renewBeforePercentage: 8 },
    'spec.renewBeforePercentage: Forbidden: leaves less than 5 minutes to renew: choose a larger share, or a longer duration',
  ),
  certificate('windows', {
    renewal: {
      policy: 'RenewBefore',
      windows: [{ cron: '0 2 * * 6', windowDuration: '2h', timezone: 'Europe/Berlin' }],
    },
  }),
  certificate('RSA 2048', { privateKey: { algorithm: 'RSA', size: 2048 } }),
  certificate('size 0, which is none', { privateKey: { size: 0 } }),
  certificate(
    'RSA 1024',
    { privateKey: { size: 1024 } },
    'spec.privateKey.size: Forbidden: an RSA key, which it is unless algorithm says otherwise, has 2048 to 8192 bits',
  ),
  certificate(
    'RSA 8193',
    { privateKey: { algorithm: 'RSA', size: 8193 } },
    'spec.privateKey.size: Forbidden: an RSA key, which it is unless algorithm says otherwise, has 2048 to 8192 bits',
  ),
  certificate('ECDSA 521', { privateKey: { algorithm: 'ECDSA', size: 521 } }),
  certificate(
    'ECDSA 2048',
    { privateKey: { algorithm: 'ECDSA', size: 2048 } },
    'spec.privateKey.size: Forbidden: an ECDSA key has 256, 384 or 521 bits',
  ),
  certificate('Ed25519 with a size', { privateKey: { algorithm: 'Ed25519', size: 1 } }),
  certificate(
    'DSA',
    { privateKey: { algorithm: 'DSA' } },
    '[spec.privateKey.algorithm: Unsupported value: "DSA": supported values: "RSA", "ECDSA", "Ed25519", <nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation]',
  ),
  certificate('signature of the key', { signatureAlgorithm: 'ECDSAWithSHA384', privateKey: { algorithm: 'ECDSA' } }),
  certificate(
    'signature of another key',
    { signatureAlgorithm: 'ECDSAWithSHA384' },
    'spec.signatureAlgorithm: Forbidden: does not fit privateKey.algorithm, which is RSA when missing',
  ),
  certificate('literal subject', {
    literalSubject: String.raw`CN=\"James \\\"Jim\\\" Smith\, III\",UID=jsmith,SERIALNUMBER=1234512345,OU=Admins,OU=IT+DC=net,DC=dc\;x,O=Acme\, Inc.,STREET=1725 Slough Avenue,L=Scranton,ST=PA,C=US,2.5.4.12=\#x`,
  }),
  certificate('literal subject with a semicolon', { literalSubject: 'CN = a ; O = b' }),
  certificate(
    'unknown key',
    { ...without('dnsNames'), literalSubject: 'CN=a,UNKNOWN=blah' },
    'spec.literalSubject: Invalid value: "CN=a,UNKNOWN=blah": Literal subject contains unrecognized key with value [blah]',
  ),
  certificate(
    'unknown key first',
    { literalSubject: String.raw`BLAH=x\,y,CN=a` },
    String.raw`spec.literalSubject: Invalid value: "BLAH=x\\,y,CN=a": Literal subject contains unrecognized key with value [x\,y]`,
  ),
  certificate(
    'no key',
    { literalSubject: 'CN=a,b' },
    'spec.literalSubject: Invalid value: "CN=a,b": is not a subject: write parts such as CN=example.org,O=Example, with a backslash before each comma that is no separator',
  ),
  certificate(
    'two subjects',
    { literalSubject: 'CN=a', subject: { organizations: ['x'] } },
    'spec.subject: Forbidden: cannot stand beside literalSubject: write its parts into that',
  ),
  certificate('an empty subject', { literalSubject: 'CN=a', subject: { organizations: [], serialNumber: '' } }),
  certificate(
    'two common names',
    { literalSubject: 'CN=a', commonName: 'a' },
    'spec.commonName: Forbidden: cannot stand beside literalSubject: write CN= into that',
  ),
  certificate('other name', { otherNames: [{ oid: '1.3.6.1.4.1.311.20.2.3', utf8Value: 'userprincipal@domain.com' }] }),
  certificate(
    'bad OID',
    { otherNames: [{ oid: 'BAD_OID', utf8Value: 'x' }] },
    'spec.otherNames[0].oid: Invalid value: "BAD_OID": invalid oid syntax',
  ),
  certificate(
    'no value',
    { otherNames: [{ oid: '1.2.3' }] },
    'spec.otherNames[0].utf8Value: Required value: must be set to a valid non-empty UTF8 string',
  ),
  certificate(
    'empty value',
    { otherNames: [{ oid: '1.2.3', utf8Value: '' }] },
    'spec.otherNames[0].utf8Value: Required value: must be set to a valid non-empty UTF8 string',
  ),
  certificate(
    'no OID',
    { otherNames: [{ utf8Value: 'x' }] },
    'spec.otherNames[0].oid: Required value: must be specified',
  ),
  certificate(
    'bad address',
    { ipAddresses: ['10.0.0.256'] },
    'spec.ipAddresses[0]: Invalid value: "10.0.0.256": is not an IP address',
  ),
  certificate(
    'bad mail address',
    { emailAddresses: ['Bob <bob@example.org>'] },
    'spec.emailAddresses[0]: Invalid value: "Bob <bob@example.org>": is not a mail address: write it without a name and without brackets',
  ),
  certificate('name constraints', {
    isCA: true,
    nameConstraints: {
      critical: true,
      permitted: { dnsDomains: ['a'], ipRanges: ['10.0.0.0/8'], emailAddresses: ['a'], uriDomains: ['b'] },
    },
  }),
  certificate(
    'name constraints without CA',
    { nameConstraints: { permitted: { dnsDomains: ['a'] } } },
    'spec.nameConstraints: Forbidden: is for CAs only: set isCA: true as well',
  ),
  certificate(
    'empty name constraints',
    { isCA: true, nameConstraints: { critical: true } },
    'spec.nameConstraints: Required value: has neither permitted nor excluded: set one of them',
  ),
  certificate('every use', { usages: ['signing', 's/mime', 'any', 'netscape sgc'] }),
  certificate(
    'history of none',
    { revisionHistoryLimit: 0 },
    'spec.revisionHistoryLimit: Invalid value: 0: spec.revisionHistoryLimit in body should be greater than or equal to 1',
  ),
  certificate('two formats', { additionalOutputFormats: [{ type: 'DER' }, { type: 'CombinedPEM' }] }),
  certificate(
    'a format twice',
    { additionalOutputFormats: [{ type: 'DER' }, { type: 'DER' }] },
    'spec.additionalOutputFormats: Invalid value: has the same type twice',
  ),
  certificate('direct injection', {
    secretTemplate: { annotations: { 'cert-manager.io/allow-direct-injection': 'true' }, labels: { a: '' } },
  }),
  certificate(
    'our annotations',
    { secretTemplate: { annotations: { 'cert-manager.io/issuer-name': 'x' } } },
    'spec.secretTemplate.annotations: Invalid value: cert-manager.io/issuer-name: annotations that begin with cert-manager.io/ are not for a template',
  ),
  certificate(
    'bad label',
    { secretTemplate: { labels: { team: 'a b' } } },
    'spec.secretTemplate.labels[team]: Invalid value: "a b": cannot be the value of a label: at most 63 letters, digits, - _ and ., with a letter or digit at both ends',
  ),
  certificate('key stores', {
    keystores: {
      jks: { create: true, alias: 'x', passwordSecretRef: { name: 'p', key: 'k' } },
      pkcs12: { create: true, password: 'changeit', profile: 'Modern2026' },
    },
  }),
  certificate(
    'key store without password',
    { keystores: { jks: { create: true } } },
    'spec.keystores.jks.passwordSecretRef: Required value: a key store has a password: set passwordSecretRef, or password',
  ),
  certificate(
    'key store with two passwords',
    { keystores: { pkcs12: { create: true, password: 'x', passwordSecretRef: { name: 'p' } } } },
    'spec.keystores.pkcs12.password: Forbidden: cannot stand beside passwordSecretRef: choose one of them',
  ),
];

function issuer(what: string, spec: Record<string, unknown>, refused?: string): SchemaCase {
  return { what, kind: 'Issuer', spec, ...(refused === undefined ? {} : { refused }) };
}

const acme = (more: Record<string, unknown>) => ({
  acme: { server: 'https://ca.example/dir', privateKeySecretRef: { name: 'account' }, ...more },
});
const acmeDns = { host: 'https://auth.example.net', accountSecretRef: { name: 'acme-dns', key: 'acmedns.json' } };

const ISSUERS: readonly SchemaCase[] = [
  issuer('self-signed', { selfSigned: {} }),
  issuer('CA', {
    ca: {
      secretName: 'ca',
      crlDistributionPoints: ['http://a'],
      ocspServers: ['http://b'],
      issuingCertificateURLs: ['http://c'],
    },
  }),
  { what: 'for the cluster', kind: 'ClusterIssuer', spec: { selfSigned: { crlDistributionPoints: ['http://a'] } } },
  issuer('none', {}, 'spec: Invalid value: has no type: set exactly one of acme, ca, selfSigned, vault, venafi'),
  issuer(
    'two',
    { selfSigned: {}, ca: { secretName: 'x' } },
    'spec: Invalid value: has more than one type: an issuer is exactly one of acme, ca, selfSigned, vault, venafi',
  ),
  issuer(
    'ACME',
    acme({
      email: 'a@example.org',
      preferredChain: 'ISRG Root X1',
      profile: 'shortlived',
      renewalInformationSource: 'ARI',
      enableDurationFeature: true,
      disableAccountKeyGeneration: true,
      externalAccountBinding: { keyID: 'k', keySecretRef: { name: 'eab', key: 'secret' }, keyAlgorithm: 'HS256' },
      solvers: [
        {
          selector: { matchLabels: { a: 'b' }, dnsNames: ['*.a.b'], dnsZones: ['c.d'] },
          waitInsteadOfSelfCheck: '0s',
          dns01: { cnameStrategy: 'Follow', nameservers: ['1.1.1.1:53'], acmeDNS: acmeDns },
        },
      ],
    }),
  ),
  issuer(
    'ACME with two trusts',
    acme({ caBundle: 'eA==', skipTLSVerify: true }),
    'spec.acme.skipTLSVerify: Forbidden: cannot stand beside caBundle: choose one of them',
  ),
  issuer(
    'ACME without a key',
    acme({ privateKeySecretRef: { name: '' } }),
    'spec.acme.privateKeySecretRef.name: Required value: name a Secret for the key of the account; it is made when it is not there',
  ),
  issuer('evercert itself', acme({ solvers: [{ dns01: { acmeDNS: {} } }] })),
  issuer(
    'solver of no kind',
    acme({ solvers: [{}] }),
    'spec.acme.solvers[0]: Invalid value: must have exactly one of dns01 and http01',
  ),
  issuer(
    'solver of two kinds',
    acme({ solvers: [{ dns01: { acmeDNS: acmeDns }, http01: {} }] }),
    'spec.acme.solvers[0]: Invalid value: must have exactly one of dns01 and http01',
  ),
  issuer(
    'no DNS provider',
    acme({ solvers: [{ dns01: {} }] }),
    'spec.acme.solvers[0].dns01: Invalid value: must have exactly one provider, such as acmeDNS',
  ),
  issuer(
    'two DNS providers',
    acme({ solvers: [{ dns01: { acmeDNS: acmeDns, cloudflare: {} } }] }),
    'spec.acme.solvers[0].dns01: Invalid value: must have exactly one provider, such as acmeDNS',
  ),
  issuer(
    'a bad wait',
    acme({ solvers: [{ waitInsteadOfSelfCheck: '3', dns01: { acmeDNS: acmeDns } }] }),
    'spec.acme.solvers[0].waitInsteadOfSelfCheck: Invalid value: "3": is not a duration: write hours, minutes and seconds, such as 2160h or 1h30m',
  ),
  issuer(
    'what is not built, kept',
    acme({
      solvers: [
        {
          dns01: {
            route53: { region: 'eu-1', auth: { kubernetes: { serviceAccountRef: { name: 'x', audiences: ['y'] } } } },
          },
        },
        { dns01: { webhook: { groupName: 'g', solverName: 's', config: { any: [1, { thing: null }] } } } },
        {
          http01: {
            ingress: {
              ingressClassName: 'nginx',
              podTemplate: { spec: { nodeSelector: { a: 'b' }, resources: { limits: { cpu: '1' } } } },
              ingressTemplate: { metadata: { labels: { a: 'b' } } },
            },
          },
        },
        {
          http01: {
            gatewayHTTPRoute: { labels: { a: 'b' }, parentRefs: [{ name: 'gw', namespace: 'x', kind: 'Gateway' }] },
          },
        },
      ],
    }),
  ),
  issuer('Vault, kept', {
    vault: {
      server: 'https://v',
      path: 'pki/sign/x',
      namespace: 'n',
      serverName: 's',
      caBundleSecretRef: { name: 'a', key: 'b' },
      auth: {
        kubernetes: { role: 'r', mountPath: '/v1/auth/k', serviceAccountRef: { name: 'x' } },
        aws: { role: 'r', region: 'eu' },
      },
    },
  }),
  issuer('Venafi, kept', {
    venafi: { zone: 'z', tpp: { url: 'https://t', credentialsRef: { name: 'x' }, caBundle: 'eA==' } },
  }),
];

const request = (more: Record<string, unknown> = {}) => ({ request: 'eA==', issuerRef: { name: 'ca' }, ...more });
const challenge = (more: Record<string, unknown> = {}) => ({
  url: 'https://ca.example/c/1',
  authorizationURL: 'https://ca.example/a/1',
  dnsName: 'example.org',
  type: 'DNS-01',
  token: 't',
  key: 'k',
  issuerRef: { name: 'ca' },
  solver: { dns01: { acmeDNS: acmeDns } },
  ...more,
});

const OTHERS: readonly SchemaCase[] = [
  {
    what: 'request',
    kind: 'CertificateRequest',
    spec: request({ duration: '1h', isCA: true, usages: ['signing'], extra: { 'a/b': ['c'] } }),
  },
  {
    what: 'request of another group',
    kind: 'CertificateRequest',
    spec: request({ issuerRef: { name: 'x', kind: 'Y', group: 'z.example' } }),
  },
  {
    what: 'request without CSR',
    kind: 'CertificateRequest',
    spec: request({ request: '' }),
    refused:
      '[spec.request: Invalid value: "": spec.request in body must be of type byte: "", <nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation]',
  },
  {
    what: 'request for minutes',
    kind: 'CertificateRequest',
    spec: request({ duration: '5m' }),
    refused: 'spec.duration: Invalid value: "5m": is too short: at least 1h',
  },
  {
    what: 'order',
    kind: 'Order',
    spec: request({
      dnsNames: ['a.b'],
      ipAddresses: ['::1'],
      commonName: 'a.b',
      duration: '1h',
      profile: 'p',
      replaces: 'x.y',
    }),
  },
  { what: 'challenge', kind: 'Challenge', spec: challenge({ wildcard: true }) },
  {
    what: 'challenge of a wildcard',
    kind: 'Challenge',
    spec: challenge({ dnsName: '*.example.org' }),
    refused:
      'spec.dnsName: Invalid value: "*.example.org": is a wildcard: write the name without *. and set wildcard: true',
  },
];

export const SCHEMA_CASES: readonly SchemaCase[] = [...CERTIFICATES, ...ISSUERS, ...OTHERS];
