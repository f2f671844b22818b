import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { gateways, listenerSets } from '../../src/kube/api/gateway.ts';
import type { GatewayListener } from '../../src/kube/api/gateway.ts';
import { ingresses } from '../../src/kube/api/ingress.ts';
import type { KubeObject } from '../../src/kube/api/object.ts';
import type { Resource } from '../../src/kube/api/resource.ts';
import { secrets } from '../../src/kube/api/secret.ts';
import { certificateRequestResource } from '../../src/kube/schema/certificate-request.ts';
import { certificateResource } from '../../src/kube/schema/certificate.ts';
import type { Certificate } from '../../src/kube/schema/certificate.ts';
import { orderResource } from '../../src/kube/schema/order.ts';
import { issuerYaml, startKubeAcmeWorld } from './kube-acme-world.ts';
import type { KubeAcmeWorld } from './kube-acme-world.ts';
import { kubeClusterSkip } from './kube-cluster.ts';
import { waitForObject } from './kube-controller.ts';
import { isDone, renew, textIn } from './kube-world.ts';
import { peers } from './require-peer.ts';

// Ingresses, Gateways and ListenerSets whose certificates come from a CA by ACME, or from one of our own: from the annotation to the Secret, and to the end.

const skip = kubeClusterSkip() || peers('pebble', 'nsd', 'unbound', 'openssl');
const LIMIT = { timeout: 60_000 };
const CLUSTER_ISSUER = 'cert-manager.io/cluster-issuer';
const FLAGS = [
  '--enable-gateway-api',
  '--enable-gateway-api-listenerset',
  '--default-issuer-name=pebble',
  '--default-issuer-kind=ClusterIssuer',
];

const at = (name: string) => ({ namespace: 'default', name });
const soon = () => ({ signal: AbortSignal.timeout(20_000) });

type Annotations = Readonly<Record<string, string>>;

describe('certificates by annotation, from the CA to the Secret', { skip, timeout: 170_000, concurrency: 4 }, () => {
  let world: KubeAcmeWorld;
  before(async () => {
    world = await startKubeAcmeWorld({ flags: FLAGS });
    await world.cluster.installGatewayApi();
    await world.apply(issuerYaml(world.chain));
    await world.apply(OWN_CA);
  });
  after(async () => {
    await world?.stop();
  });

  const made = async (name: string, is: (found: Certificate) => boolean = isDone): Promise<Certificate> => {
    const isSo = (found: Certificate | undefined) => found !== undefined && is(found);
    const found = await waitForObject(world.cluster.client, certificateResource, at(name), isSo, 40_000);
    assert.ok(found);
    return found;
  };
  const gone = async (name: string): Promise<void> => {
    await waitForObject(world.cluster.client, certificateResource, at(name), (found) => found === undefined, 40_000);
  };
  const pairOf = async (name: string) => {
    const secret = await world.cluster.client.get(secrets, at(name), soon());
    assert.ok(secret, `there is no Secret ${name}`);
    const leaf = new X509Certificate(textIn(secret, 'tls.crt'));
    const key = createPrivateKey(textIn(secret, 'tls.key'));
    assert.ok(leaf.checkPrivateKey(key), 'the key is that of the certificate');
    return { secret, leaf, key, names: leaf.subjectAltName?.split(', ').map((one) => one.replace('DNS:', '')) ?? [] };
  };
  const makeIngress = (name: string, hosts: readonly string[], annotations: Annotations) =>
    world.cluster.client.create(
      ingresses,
      { metadata: { ...at(name), annotations }, spec: { tls: [tlsOf(name, hosts)], ...BACKEND } },
      soon(),
    );
  const change = <T extends KubeObject>(resource: Resource<T>, name: string, body: object) =>
    world.cluster.client.patch(resource, at(name), { type: 'merge', body: { ...body } }, soon());
  const tlsOf = (name: string, hosts: readonly string[]) => ({ hosts: [...hosts], secretName: `${name}-tls` });
  const listener = (name: string, hostname: string, secret: string): GatewayListener => ({
    name,
    port: 443,
    protocol: 'HTTPS',
    hostname,
    tls: { mode: 'Terminate', certificateRefs: [{ name: secret }] },
  });
  /** What nobody wrote for 40 s is not waited for: another Ingress made later has been looked at by then. */
  const lookedAtAfterwards = async (name: string): Promise<void> => {
    await makeIngress(name, [`${name}.internal`], { [CLUSTER_ISSUER]: 'own-ca' });
    await made(`${name}-tls`, () => true);
    await world.cluster.client.delete(ingresses, at(name), soon());
  };

  test('an Ingress with ACME: issued, renewed, changed, let go, taken up again, and deleted', LIMIT, async () => {
    const hosts = ['shop.example.org', '*.shop.example.org'];
    const annotations = {
      [CLUSTER_ISSUER]: 'pebble',
      'cert-manager.io/common-name': 'shop.example.org',
      'cert-manager.io/private-key-algorithm': 'ECDSA',
      'cert-manager.io/private-key-size': '384',
      'cert-manager.io/private-key-encoding': 'PKCS8',
    };
    const { metadata: owner } = await makeIngress('shop', hosts, annotations);
    const record = `_acme-challenge.shop.example.org.  CNAME  ${world.targetOf('shop.example.org')}.`;
    assert.ok((await world.untilSaid('shop-tls', /add at your DNS provider/)).includes(record));
    await world.delegate(['shop.example.org']);
    const { metadata } = await made('shop-tls');
    assert.deepEqual(
      metadata.ownerReferences?.map(({ kind, uid }) => [kind, uid]),
      [['Ingress', owner.uid]],
    );
    const first = await pairOf('shop-tls');
    assert.deepEqual(first.names.toSorted(), hosts.toSorted());
    assert.equal(first.secret.type, 'kubernetes.io/tls');
    assert.equal(first.key.asymmetricKeyDetails?.namedCurve, 'secp384r1');
    assert.match(textIn(first.secret, 'tls.key'), /^-----BEGIN PRIVATE KEY-----/);

    await renew(world.cluster.client, at('shop-tls'));
    await made('shop-tls', (found) => isDone(found) && found.status?.revision === 2);
    const second = await pairOf('shop-tls');
    assert.notEqual(second.leaf.serialNumber, first.leaf.serialNumber);
    assert.notDeepEqual(publicOf(second), publicOf(first));

    await world.delegate(['pay.example.org']);
    await change(ingresses, 'shop', { spec: { tls: [tlsOf('shop', [...hosts, 'pay.example.org'])] } });
    await made('shop-tls', (found) => isDone(found) && found.status?.revision === 3);
    assert.deepEqual((await pairOf('shop-tls')).names.toSorted(), [...hosts, 'pay.example.org'].toSorted());

    // Without the annotation nothing follows the Ingress any more, and what there is goes on.
    await change(ingresses, 'shop', { metadata: { annotations: { [CLUSTER_ISSUER]: null } } });
    await change(ingresses, 'shop', { spec: { tls: [tlsOf('shop', hosts)] } });
    await lookedAtAfterwards('after-shop');
    const kept = await made('shop-tls');
    assert.deepEqual([kept.metadata.uid, kept.spec.dnsNames?.length], [metadata.uid, 3]);
    await change(ingresses, 'shop', { metadata: { annotations: { [CLUSTER_ISSUER]: 'pebble' } } });
    await made('shop-tls', ({ spec }) => spec.dnsNames?.length === 2);

    await world.cluster.client.delete(ingresses, at('shop'), soon());
    await gone('shop-tls');
    for (const resource of [certificateRequestResource, orderResource]) {
      for (const revision of [1, 2, 3]) {
        const left = { namespace: 'default', name: `shop-tls-${revision}` };
        await waitForObject(world.cluster.client, resource as typeof orderResource, left, (one) => one === undefined);
      }
    }
    assert.ok(await world.cluster.client.get(secrets, at('shop-tls'), soon()), 'its Secret stays');
  });

  test('an Ingress with a CA: every annotation is in the certificate, and a key that stays', LIMIT, async () => {
    await makeIngress('intern', ['a.intern', '*.intern', '192.0.2.8'], INTERNAL);
    const first = await made('intern-tls');
    assert.deepEqual(first.spec.issuerRef, { name: 'own-ca', kind: 'ClusterIssuer', group: 'cert-manager.io' });
    const { leaf, key, secret } = await pairOf('intern-tls');
    const authority = new X509Certificate(textIn(secret, 'ca.crt'));
    assert.ok(leaf.verify(authority.publicKey) && leaf.checkIssued(authority));
    const [from, to] = [Date.parse(leaf.validFrom), Date.parse(leaf.validTo)];
    assert.deepEqual(
      {
        subject: leaf.subject.split('\n').toSorted(),
        names: leaf.subjectAltName?.split(', ').toSorted(),
        usages: leaf.keyUsage?.toSorted(),
        bits: key.asymmetricKeyDetails?.modulusLength,
        hours: (to - from) / 3_600_000,
        renewal: (to - Date.parse(first.status?.renewalTime ?? '')) / 3_600_000,
        reflected: secret.metadata.labels?.['reflect'],
      },
      {
        subject: [
          'C=DE',
          'CN=a.intern',
          'L=Darmstadt',
          'O=Example\\, Inc.',
          'OU=Web',
          'ST=Hessen',
          'postalCode=64283',
          'serialNumber=7',
          'street=A 1',
        ],
        names: [
          'DNS:*.intern',
          'DNS:a.intern',
          'DNS:b.intern',
          'IP Address:192.0.2.8',
          'IP Address:192.0.2.9',
          'URI:spiffe://example.org/a',
          'email:a@example.org',
        ],
        usages: ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'],
        bits: 3072,
        hours: 999,
        renewal: 111,
        reflected: 'yes',
      },
    );
    assert.match(textIn(secret, 'tls.key'), /^-----BEGIN RSA PRIVATE KEY-----/);

    for (const revision of [2, 3]) {
      await renew(world.cluster.client, at('intern-tls'));
      await made('intern-tls', (found) => isDone(found) && found.status?.revision === revision);
    }
    const third = await pairOf('intern-tls');
    assert.notEqual(third.leaf.serialNumber, leaf.serialNumber);
    assert.deepEqual(publicOf(third), publicOf({ key }), 'rotation-policy Never');
    // revision-history-limit 2
    const requests = async (revision: number) =>
      world.cluster.client.get(certificateRequestResource, at(`intern-tls-${revision}`), soon());
    await waitForObject(
      world.cluster.client,
      certificateRequestResource,
      at('intern-tls-1'),
      (request) => request === undefined,
    );
    assert.ok((await requests(2)) && (await requests(3)));

    // Each of them is followed: a share in place of a time, another key, another usage.
    const annotations = {
      'cert-manager.io/renew-before': null,
      'cert-manager.io/renew-before-percentage': '50',
      'cert-manager.io/private-key-algorithm': 'Ed25519',
      'cert-manager.io/private-key-size': null,
      'cert-manager.io/private-key-encoding': 'PKCS8',
      'cert-manager.io/private-key-rotation-policy': 'Always',
      'cert-manager.io/usages': 'digital signature,client auth',
    };
    await change(ingresses, 'intern', { metadata: { annotations } });
    const changed = await made('intern-tls', (found) => isDone(found) && found.status?.revision === 4);
    const fourth = await pairOf('intern-tls');
    assert.equal(fourth.key.asymmetricKeyType, 'ed25519');
    assert.deepEqual(fourth.leaf.keyUsage, ['1.3.6.1.5.5.7.3.2']);
    assert.equal((Date.parse(fourth.leaf.validTo) - Date.parse(changed.status?.renewalTime ?? '')) / 3_600_000, 499.5);
    await world.cluster.client.delete(ingresses, at('intern'), soon());
    await gone('intern-tls');
  });

  test('kubernetes.io/tls-acme asks the default issuer, and is served by ACME', LIMIT, async () => {
    await world.delegate(['auto.example.org']);
    await makeIngress('auto', ['auto.example.org'], { 'kubernetes.io/tls-acme': 'true' });
    const { spec } = await made('auto-tls');
    assert.deepEqual(spec.issuerRef, { name: 'pebble', kind: 'ClusterIssuer', group: 'cert-manager.io' });
    assert.deepEqual((await pairOf('auto-tls')).names, ['auto.example.org']);
  });

  test(
    'annotations about HTTP-01 are kept for the way back, and in place means a certificate to begin with',
    LIMIT,
    async () => {
      await makeIngress('place', ['place.example.org'], {
        [CLUSTER_ISSUER]: 'pebble',
        'acme.cert-manager.io/http01-edit-in-place': 'true',
        'acme.cert-manager.io/http01-ingress-class': 'nginx',
        'acme.cert-manager.io/http01-ingress-ingressclassname': 'haproxy',
      });
      await world.untilSaid('place-tls', /add at your DNS provider/);
      const { metadata } = await made('place-tls', () => true);
      assert.deepEqual(metadata.annotations, {
        'acme.cert-manager.io/http01-override-ingress-name': 'place',
        'acme.cert-manager.io/http01-override-ingress-class': 'nginx',
        'acme.cert-manager.io/http01-override-ingress-ingressclassname': 'haproxy',
        'cert-manager.io/issue-temporary-certificate': 'true',
      });
      const isThere = (found: object | undefined) => found !== undefined;
      await waitForObject(world.cluster.client, secrets, at('place-tls'), isThere);
      const temporary = await pairOf('place-tls');
      assert.match(temporary.leaf.issuer, /CN=cert-manager\.local/);
      await world.delegate(['place.example.org']);
      await made('place-tls');
      const { leaf } = await pairOf('place-tls');
      assert.match(leaf.issuer, /Pebble/);
      // The solver of the issuer answers: there is nothing to complain of.
      const query = ['get', 'events', '--field-selector', 'involvedObject.name=place,reason=BadConfig', '-o', 'name'];
      assert.equal(await world.cluster.kubectl(query), '');
    },
  );

  test('a Gateway: listeners of the apex and of its wildcard, with one Secret', LIMIT, async () => {
    await world.delegate(['edge.example.org', 'new.example.org']);
    const listeners = [
      listener('apex', 'edge.example.org', 'edge-tls'),
      listener('wild', '*.edge.example.org', 'edge-tls'),
    ];
    const annotations = {
      [CLUSTER_ISSUER]: 'pebble',
      'cert-manager.io/revision-history-limit': '3',
      'acme.cert-manager.io/http01-parentrefname': 'front',
      'acme.cert-manager.io/http01-parentrefkind': 'Gateway',
      'acme.cert-manager.io/http01-parentrefnamespace': 'infra',
    };
    await world.cluster.client.create(
      gateways,
      { metadata: { ...at('edge'), annotations }, spec: { gatewayClassName: 'any', listeners } },
      soon(),
    );
    const { metadata, spec } = await made('edge-tls');
    assert.equal(spec.revisionHistoryLimit, 3);
    assert.deepEqual(metadata.annotations, {
      'acme.cert-manager.io/http01-parentrefname': 'front',
      'acme.cert-manager.io/http01-parentrefkind': 'Gateway',
      'acme.cert-manager.io/http01-parentrefnamespace': 'infra',
    });
    const first = await pairOf('edge-tls');
    assert.deepEqual(first.names.toSorted(), ['*.edge.example.org', 'edge.example.org']);

    await renew(world.cluster.client, at('edge-tls'));
    await made('edge-tls', (found) => isDone(found) && found.status?.revision === 2);
    assert.notEqual((await pairOf('edge-tls')).leaf.serialNumber, first.leaf.serialNumber);

    const changed = [...listeners.slice(1), listener('new', 'new.example.org', 'edge-tls')];
    await change(gateways, 'edge', { spec: { listeners: changed } });
    await made('edge-tls', (found) => isDone(found) && found.status?.revision === 3);
    assert.deepEqual((await pairOf('edge-tls')).names.toSorted(), ['*.edge.example.org', 'new.example.org']);

    await change(gateways, 'edge', { metadata: { annotations: { [CLUSTER_ISSUER]: null } } });
    await change(gateways, 'edge', { spec: { listeners } });
    await lookedAtAfterwards('after-edge');
    const kept = await made('edge-tls');
    assert.deepEqual([kept.metadata.uid, kept.status?.revision], [metadata.uid, 3]);
    await world.cluster.client.delete(gateways, at('edge'), soon());
    await gone('edge-tls');
  });

  test('a ListenerSet, with the issuer of its Gateway', LIMIT, async () => {
    await world.delegate(['team.example.org', 'next.example.org']);
    await world.cluster.client.create(
      gateways,
      {
        metadata: { ...at('parent'), annotations: { [CLUSTER_ISSUER]: 'pebble' } },
        spec: { gatewayClassName: 'any', listeners: [{ name: 'http', port: 80, protocol: 'HTTP' }] },
      },
      soon(),
    );
    const listeners = [
      listener('apex', 'team.example.org', 'team-tls'),
      listener('wild', '*.team.example.org', 'team-tls'),
    ];
    const annotations = { 'acme.cert-manager.io/http01-parentreffallback': 'true' };
    await world.cluster.client.create(
      listenerSets,
      { metadata: { ...at('team'), annotations }, spec: { parentRef: { name: 'parent' }, listeners } },
      soon(),
    );
    const { metadata } = await made('team-tls');
    assert.deepEqual(metadata.annotations, {
      'acme.cert-manager.io/http01-parentrefname': 'parent',
      'acme.cert-manager.io/http01-parentrefkind': 'Gateway',
    });
    assert.deepEqual(
      metadata.ownerReferences?.map(({ kind, name }) => [kind, name]),
      [['ListenerSet', 'team']],
    );
    assert.deepEqual((await pairOf('team-tls')).names.toSorted(), ['*.team.example.org', 'team.example.org']);
    const body = { spec: { listeners: [listener('next', 'next.example.org', 'team-tls')] } };
    await world.cluster.client.patch(listenerSets, at('team'), { type: 'merge', body }, soon());
    await made('team-tls', (found) => isDone(found) && found.status?.revision === 2);
    assert.deepEqual((await pairOf('team-tls')).names, ['next.example.org']);
    await world.cluster.client.delete(listenerSets, at('team'), soon());
    await gone('team-tls');
  });
});

function publicOf({ key }: { readonly key: ReturnType<typeof createPrivateKey> }): unknown {
  return createPublicKey(key).export({ format: 'jwk' });
}

const BACKEND = { defaultBackend: { service: { name: 'shop', port: { number: 80 } } } };

const INTERNAL = {
  [CLUSTER_ISSUER]: 'own-ca',
  'cert-manager.io/common-name': 'a.intern',
  'cert-manager.io/alt-names': 'b.intern',
  'cert-manager.io/ip-sans': '192.0.2.9',
  'cert-manager.io/uri-sans': 'spiffe://example.org/a',
  'cert-manager.io/email-sans': 'a@example.org',
  'cert-manager.io/subject-organizations': '"Example, Inc."',
  'cert-manager.io/subject-organizationalunits': 'Web',
  'cert-manager.io/subject-countries': 'DE',
  'cert-manager.io/subject-provinces': 'Hessen',
  'cert-manager.io/subject-localities': 'Darmstadt',
  'cert-manager.io/subject-postalcodes': '64283',
  'cert-manager.io/subject-streetaddresses': 'A 1',
  'cert-manager.io/subject-serialnumber': '7',
  'cert-manager.io/duration': '999h',
  'cert-manager.io/renew-before': '111h',
  'cert-manager.io/usages': 'digital signature,server auth,client auth',
  'cert-manager.io/revision-history-limit': '2',
  'cert-manager.io/private-key-algorithm': 'RSA',
  'cert-manager.io/private-key-encoding': 'PKCS1',
  'cert-manager.io/private-key-size': '3072',
  'cert-manager.io/private-key-rotation-policy': 'Never',
  'cert-manager.io/secret-template': '{"labels":{"reflect":"yes"}}',
};

/** A ClusterIssuer has its Secret in the namespace of the controller. */
const OWN_CA = `
apiVersion: cert-manager.io/v1
kind: ClusterIssuer
metadata: { name: selfsigned }
spec: { selfSigned: {} }
---
apiVersion: cert-manager.io/v1
kind: Certificate
metadata: { name: root, namespace: cert-manager }
spec:
  isCA: true
  commonName: Example Root
  secretName: root-tls
  privateKey: { algorithm: ECDSA }
  issuerRef: { name: selfsigned, kind: ClusterIssuer }
---
apiVersion: cert-manager.io/v1
kind: ClusterIssuer
metadata: { name: own-ca }
spec: { ca: { secretName: root-tls } }
`;
