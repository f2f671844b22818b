import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Ingress } from '../api/ingress.ts';
import type { Certificate } from '../schema/certificate.ts';
import { ingressRequest } from './ingress-request.ts';
import { planCertificates } from './plan-certificates.ts';
import { defaultShimOptions } from './shim-options.ts';

type Tls = { readonly hosts?: string[]; readonly secretName?: string };

function ingress(
  annotations: Record<string, string>,
  tls: readonly Tls[],
  labels: Record<string, string> = {},
): Ingress {
  const metadata = { name: 'shop', namespace: 'default', uid: 'uid-shop', annotations, labels };
  return { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', metadata, spec: { tls: [...tls] } };
}

function plan(owner: Ingress, certificates: readonly Certificate[] = [], options = {}) {
  return planCertificates(
    {
      owner,
      request: ingressRequest(owner),
      certificate: (name) => certificates.find(({ metadata }) => metadata.name === name),
      owned: certificates.filter(({ metadata }) => metadata.ownerReferences?.[0]?.uid === owner.metadata.uid),
    },
    { ...defaultShimOptions, ...options },
  );
}

/** As it is at the API server once it was made. */
function made(owner: Ingress, change: (certificate: Certificate) => Certificate = (same) => same): Certificate {
  const [draft] = plan(owner).creates;
  assert.ok(draft);
  const certificate = { ...draft, apiVersion: 'cert-manager.io/v1', kind: 'Certificate' };
  return change({ ...certificate, metadata: { ...certificate.metadata, uid: 'uid-certificate' } });
}

const CA = { 'cert-manager.io/issuer': 'ca' };
const TLS: Tls = { hosts: ['shop.example.org', 'www.shop.example.org'], secretName: 'shop-tls' };

test('what cert-manager 1.21 made of the same Ingress', () => {
  const owner = ingress(
    {
      ...CA,
      'cert-manager.io/common-name': 'shop.example.org',
      'cert-manager.io/duration': '999h',
      'cert-manager.io/private-key-algorithm': 'ECDSA',
      'cert-manager.io/private-key-size': '256',
      'cert-manager.io/renew-before': '111h',
    },
    [TLS],
    { app: 'shop', 'applyset.kubernetes.io/part-of': 'set' },
  );
  const { creates, updates, deletes, problems } = plan(owner);
  assert.deepEqual([updates, deletes, problems], [[], [], []]);
  assert.deepEqual(JSON.parse(JSON.stringify(creates)), [
    {
      metadata: {
        name: 'shop-tls',
        namespace: 'default',
        labels: { app: 'shop' },
        ownerReferences: [
          {
            apiVersion: 'networking.k8s.io/v1',
            kind: 'Ingress',
            name: 'shop',
            uid: 'uid-shop',
            controller: true,
            blockOwnerDeletion: true,
          },
        ],
      },
      spec: {
        commonName: 'shop.example.org',
        dnsNames: ['shop.example.org', 'www.shop.example.org'],
        duration: '999h0m0s',
        issuerRef: { name: 'ca', kind: 'Issuer', group: 'cert-manager.io' },
        privateKey: { algorithm: 'ECDSA', size: 256 },
        renewBefore: '111h0m0s',
        secretName: 'shop-tls',
        usages: ['digital signature', 'key encipherment'],
      },
    },
  ]);
});

describe('names', () => {
  const rows: [
    hosts: string[],
    annotations: Record<string, string>,
    dnsNames: string[] | undefined,
    ipAddresses?: string[],
  ][] = [
    [['a.example.org'], {}, ['a.example.org']],
    [['192.0.2.1', 'a.example.org', '2001:db8::1'], {}, ['a.example.org'], ['192.0.2.1', '2001:db8::1']],
    [['192.0.2.1'], {}, undefined, ['192.0.2.1']],
    [['a.example.org'], { 'alt-names': 'b.example.org,a.example.org' }, ['a.example.org', 'b.example.org']],
    [['a.example.org'], { 'ip-sans': '192.0.2.1' }, ['a.example.org'], ['192.0.2.1']],
    [['a.example.org', 'a.example.org'], {}, ['a.example.org']],
  ];
  for (const [hosts, annotations, dnsNames, ipAddresses] of rows) {
    test(`${hosts.join(' ')} ${JSON.stringify(annotations)}`, () => {
      const more = Object.entries(annotations).map(([name, value]) => [`cert-manager.io/${name}`, value]);
      const [wanted] = plan(ingress({ ...CA, ...Object.fromEntries(more) }, [{ hosts, secretName: 'x' }])).creates;
      assert.deepEqual([wanted?.spec.dnsNames, wanted?.spec.ipAddresses], [dnsNames, ipAddresses]);
    });
  }
});

describe('what asks for nothing, or cannot be understood, changes nothing', () => {
  const old = made(ingress(CA, [{ hosts: ['old.example.org'], secretName: 'old-tls' }]));
  const rows: [what: string, owner: Ingress, problem?: RegExp][] = [
    ['no annotation', ingress({}, [TLS])],
    ['an annotation that is false', ingress({ 'kubernetes.io/tls-acme': 'false' }, [TLS])],
    ['no default issuer', ingress({ 'kubernetes.io/tls-acme': 'true' }, [TLS]), /--default-issuer-name/],
    ['a bad annotation', ingress({ ...CA, 'cert-manager.io/duration': '9d' }, [TLS]), /duration is "9d"/],
    [
      'one Secret twice',
      ingress(CA, [
        TLS,
        { hosts: ['b.example.org'], secretName: 'other' },
        { hosts: ['c.example.org'], secretName: 'shop-tls' },
      ]),
      /^spec\.tls\[0\] and spec\.tls\[2\] name the same Secret shop-tls: put their hosts into one of them$/,
    ],
  ];
  for (const [what, owner, problem] of rows) {
    test(what, () => {
      const { creates, updates, deletes, problems } = plan(owner, [old]);
      assert.deepEqual([creates, updates, deletes], [[], [], []]);
      if (problem === undefined) assert.deepEqual(problems, []);
      else assert.match(problems.join('\n'), problem);
    });
  }
});

describe('blocks that are not whole are passed over', () => {
  const rows: [tls: Tls, problem: string][] = [
    [
      { hosts: ['a.example.org'] },
      'Skipped spec.tls[1]: it has no secretName: say where its certificate is to be kept',
    ],
    [{ secretName: 'x' }, 'Skipped spec.tls[1]: it has no hosts: name those that its certificate is for'],
  ];
  for (const [tls, problem] of rows) {
    test(problem, () => {
      const { creates, problems } = plan(ingress(CA, [TLS, tls]));
      assert.deepEqual(
        creates.map(({ metadata }) => metadata.name),
        ['shop-tls'],
      );
      assert.deepEqual(problems, [problem]);
    });
  }

  test('and two without a Secret are not two with the same', () => {
    assert.equal(plan(ingress(CA, [{ hosts: ['a.example.org'] }, { hosts: ['b.example.org'] }])).problems.length, 2);
  });

  test('their Certificates stay', () => {
    const owner = ingress(CA, [TLS]);
    const { deletes } = plan(ingress(CA, [{ secretName: 'shop-tls' }]), [made(owner)]);
    assert.deepEqual(deletes, []);
  });
});

describe('a Certificate that is there', () => {
  const owner = ingress(CA, [TLS], { app: 'shop' });
  const without = (annotations: Record<string, string>) => ingress({ ...CA, ...annotations }, [TLS], { app: 'shop' });

  test('is left alone when it is as it should be', () => {
    assert.deepEqual(plan(owner, [made(owner)]).updates, []);
  });

  const same: [what: string, owner: Ingress, change: (certificate: Certificate) => Certificate][] = [
    ['its issuer without kind and group', owner, (c) => ({ ...c, spec: { ...c.spec, issuerRef: { name: 'ca' } } })],
    [
      'durations that are written otherwise',
      without({ 'cert-manager.io/duration': '90m', 'cert-manager.io/renew-before': '1h' }),
      (c) => ({ ...c, spec: { ...c.spec, duration: '1h30m', renewBefore: '60m' } }),
    ],
    ['an empty list', owner, (c) => ({ ...c, spec: { ...c.spec, uris: [], subject: {}, commonName: '' } })],
    [
      'what no annotation can say',
      owner,
      (c) => ({ ...c, spec: { ...c.spec, additionalOutputFormats: [{ type: 'DER' }], encodeUsagesInRequest: false } }),
    ],
    [
      'annotations of others',
      owner,
      (c) => ({
        ...c,
        metadata: { ...c.metadata, annotations: { 'cert-manager.io/issue-temporary-certificate': 'true' } },
      }),
    ],
    [
      'a size of an Ed25519 key',
      without({ 'cert-manager.io/private-key-algorithm': 'Ed25519' }),
      (c) => ({ ...c, spec: { ...c.spec, privateKey: { algorithm: 'Ed25519', size: 256 } } }),
    ],
  ];
  for (const [what, of, change] of same) {
    test(`is left alone with ${what}`, () => assert.deepEqual(plan(of, [made(of, change)]).updates, []));
  }

  const changes: [what: string, annotations: Record<string, string>, spec: object][] = [
    ['common-name', { 'common-name': 'shop.example.org' }, { commonName: 'shop.example.org' }],
    ['alt-names', { 'alt-names': 'c.example.org' }, { dnsNames: [...(TLS.hosts ?? []), 'c.example.org'] }],
    ['ip-sans', { 'ip-sans': '192.0.2.1' }, { ipAddresses: ['192.0.2.1'] }],
    ['uri-sans', { 'uri-sans': 'spiffe://a' }, { uris: ['spiffe://a'] }],
    ['email-sans', { 'email-sans': 'a@example.org' }, { emailAddresses: ['a@example.org'] }],
    ['usages', { usages: 'server auth' }, { usages: ['server auth'] }],
    ['subject', { 'subject-organizations': 'Example' }, { subject: { organizations: ['Example'] } }],
    ['duration', { duration: '10h' }, { duration: '10h0m0s' }],
    ['renew-before', { 'renew-before': '1h' }, { renewBefore: '1h0m0s' }],
    ['renew-before-percentage', { 'renew-before-percentage': '20' }, { renewBeforePercentage: 20 }],
    ['revision-history-limit', { 'revision-history-limit': '3' }, { revisionHistoryLimit: 3 }],
    ['private key', { 'private-key-rotation-policy': 'Never' }, { privateKey: { rotationPolicy: 'Never' } }],
    ['secret template', { 'secret-template': '{"labels":{"a":"b"}}' }, { secretTemplate: { labels: { a: 'b' } } }],
    ['issuer group', { 'issuer-group': 'x.org' }, { issuerRef: { name: 'ca', kind: 'Issuer', group: 'x.org' } }],
  ];
  for (const [what, annotations, spec] of changes) {
    const named = Object.fromEntries(Object.entries(annotations).map(([n, value]) => [`cert-manager.io/${n}`, value]));
    const changed = without(named);
    test(`follows ${what}`, () => {
      const [update, ...more] = plan(changed, [made(owner)]).updates;
      assert.deepEqual(more, []);
      assert.deepEqual(update?.spec, { ...made(owner).spec, ...spec });
      assert.equal(update?.metadata.uid, 'uid-certificate');
    });
    test(`and follows when ${what} is taken away`, () => {
      const [update] = plan(owner, [made(changed)]).updates;
      assert.deepEqual(JSON.parse(JSON.stringify(update?.spec)), JSON.parse(JSON.stringify(made(owner).spec)));
    });
  }

  test('follows hosts and labels; labels that are taken away go', () => {
    const changed = ingress(CA, [{ hosts: ['b.example.org'], secretName: 'shop-tls' }], { team: 'x' });
    const [update] = plan(changed, [made(owner)]).updates;
    assert.deepEqual(update?.spec.dnsNames, ['b.example.org']);
    assert.deepEqual(update?.metadata.labels, { team: 'x' });
  });

  test('and what somebody added is kept by a change', () => {
    const present = made(owner, (c) => ({ ...c, spec: { ...c.spec, additionalOutputFormats: [{ type: 'DER' }] } }));
    const [update] = plan(without({ 'cert-manager.io/usages': 'any' }), [present]).updates;
    assert.deepEqual(update?.spec.additionalOutputFormats, [{ type: 'DER' }]);
  });

  test('has annotations that are copied, and loses them with the Ingress', () => {
    const options = { extraAnnotations: ['example.org/a'] };
    const [wanted] = plan(without({ 'example.org/a': 'b', 'example.org/c': 'd' }), [], options).creates;
    assert.deepEqual(wanted?.metadata.annotations, { 'example.org/a': 'b' });
    const present = made(owner, (c) => ({
      ...c,
      metadata: { ...c.metadata, annotations: { 'example.org/a': 'b', z: '' } },
    }));
    assert.deepEqual(plan(owner, [present], options).updates[0]?.metadata.annotations, { z: '' });
  });

  test('has what is said about HTTP-01, for the way back', () => {
    const annotations = {
      'acme.cert-manager.io/http01-edit-in-place': 'true',
      'acme.cert-manager.io/http01-ingress-class': 'nginx',
      'acme.cert-manager.io/http01-ingress-ingressclassname': 'nginx',
    };
    assert.deepEqual(plan(without(annotations)).creates[0]?.metadata.annotations, {
      'acme.cert-manager.io/http01-override-ingress-name': 'shop',
      'cert-manager.io/issue-temporary-certificate': 'true',
      'acme.cert-manager.io/http01-override-ingress-class': 'nginx',
      'acme.cert-manager.io/http01-override-ingress-ingressclassname': 'nginx',
    });
  });

  test('is deleted when its Secret is no longer named, unless it is being deleted', () => {
    const other = ingress(CA, [{ hosts: ['a.example.org'], secretName: 'new-tls' }]);
    const present = made(owner);
    const { creates, deletes } = plan(other, [present]);
    assert.deepEqual(
      creates.map(({ metadata }) => metadata.name),
      ['new-tls'],
    );
    assert.deepEqual(deletes, [present]);
    const going = { ...present, metadata: { ...present.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } };
    assert.deepEqual(plan(other, [going]).deletes, []);
    assert.deepEqual(plan(without({ 'cert-manager.io/usages': 'any' }), [going]).updates, []);
  });

  const foreign = (references: Certificate['metadata']['ownerReferences'], dnsNames: string[]) =>
    made(owner, (c) => ({
      ...c,
      metadata: { ...c.metadata, ownerReferences: references },
      spec: { ...c.spec, dnsNames },
    }));
  const else1 = [
    { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', name: 'other', uid: 'uid-other', controller: true },
  ];
  const foreigners: [what: string, certificate: Certificate, problem: string | undefined][] = [
    ['without an owner', foreign(undefined, TLS.hosts ?? []), undefined],
    ['of another Ingress', foreign(else1, ['*.shop.example.org', 'shop.example.org']), undefined],
    [
      'of another Ingress, without a name of this one',
      foreign(else1, ['shop.example.org']),
      'Certificate "shop-tls" belongs to Ingress other and is left as it is, but it lacks www.shop.example.org: add that there, or choose another Secret here',
    ],
    [
      'that somebody wrote, without a name of this one',
      foreign(undefined, ['x.example.org']),
      'Certificate "shop-tls" was not made for this Ingress and is left as it is, but it lacks shop.example.org, www.shop.example.org: add that there, or choose another Secret here',
    ],
  ];
  for (const [what, certificate, problem] of foreigners) {
    test(`is never touched ${what}`, () => {
      const { creates, updates, deletes, problems } = plan(without({ 'cert-manager.io/usages': 'any' }), [certificate]);
      assert.deepEqual([creates, updates, deletes], [[], [], []]);
      assert.deepEqual(problems, problem === undefined ? [] : [problem]);
    });
  }
});
