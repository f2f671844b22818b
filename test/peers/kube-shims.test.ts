import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import { events } from '../../src/kube/api/event-object.ts';
import { experimentalListenerSets, gateways, listenerSets } from '../../src/kube/api/gateway.ts';
import type { GatewayListener } from '../../src/kube/api/gateway.ts';
import { ingresses } from '../../src/kube/api/ingress.ts';
import { certificateResource } from '../../src/kube/schema/certificate.ts';
import type { Certificate } from '../../src/kube/schema/certificate.ts';
import { kubeClusterSkip } from './kube-cluster.ts';
import { waitForObject } from './kube-controller.ts';
import { NAMESPACE, startKubeWorld, textIn } from './kube-world.ts';
import type { KubeWorld } from './kube-world.ts';

// Certificates for what Ingresses, Gateways and ListenerSets ask for by annotation.

const FLAGS = [
  '--enable-gateway-api',
  '--enable-gateway-api-listenerset',
  '--gateway-api-extra-protocols=DTLS',
  '--default-issuer-name=usual',
  '--default-issuer-kind=ClusterIssuer',
  '--extra-certificate-annotations=example.org/copied',
];
const soon = () => ({ signal: AbortSignal.timeout(20_000) });
const at = (name: string) => ({ namespace: NAMESPACE, name });

type Annotations = Readonly<Record<string, string>>;

describe(
  'Certificates by annotation on a real API server',
  { skip: kubeClusterSkip(), timeout: 170_000, concurrency: 4 },
  () => {
    let world: KubeWorld;
    const ends: (() => unknown)[] = [];
    before(async () => {
      const t = { after: (end: () => unknown) => void ends.unshift(end) } as unknown as TestContext;
      world = await startKubeWorld(t, FLAGS);
      // While the controller runs: it notices kinds that are installed later.
      await world.cluster.installGatewayApi();
      await world.issuer('ca', { selfSigned: {} });
      await world.clusterIssuer('usual', { selfSigned: {} });
    });
    after(async () => {
      for (const end of ends) await end();
    });

    const annotated = (name: string, annotations: Annotations, more: object = {}) => ({
      metadata: { ...at(name), annotations: { 'cert-manager.io/issuer': 'ca', ...annotations }, ...more },
    });
    const makeIngress = (name: string, tls: object[], annotations: Annotations = {}, more: object = {}) =>
      world.client.create(
        ingresses,
        { ...annotated(name, annotations, more), spec: { tls: tls as never, ...BACKEND } },
        soon(),
      );
    const change = (name: string, body: object) =>
      world.client.patch(ingresses, at(name), { type: 'merge', body: { ...body } }, soon());
    const block = (name: string) => ({ hosts: [`${name}.example.org`], secretName: `${name}-tls` });
    const made = (name: string): Promise<Certificate> => world.until(name, () => true, 30_000);
    const gone = (name: string) =>
      waitForObject(world.client, certificateResource, at(name), (found) => found === undefined);
    const told = async (name: string, reason: string, message: RegExp): Promise<void> => {
      const query = { namespace: NAMESPACE, fieldSelector: `involvedObject.name=${name},reason=${reason}` };
      const seen: string[] = [];
      const isTold = (text: string) => {
        seen.push(text);
        return message.test(text);
      };
      for await (const { items, resourceVersion } of world.client.list(events, query, soon())) {
        if (items.some((event) => isTold(event.message ?? ''))) return;
        const watch = world.client.watch(events, { ...query, resourceVersion }, soon());
        for await (const event of watch) {
          if (event.type !== 'bookmark' && event.type !== 'unreadable' && isTold(event.object.message ?? '')) return;
        }
      }
      assert.fail(`no event ${reason} ${message} of ${name}, but ${seen.join('; ')}`);
    };

    const LISTENER = {
      name: 'https',
      port: 443,
      protocol: 'HTTPS',
      allowedRoutes: { namespaces: { from: 'Same' } },
    } as const;
    const listener = (name: string, more: Partial<GatewayListener> = {}): GatewayListener => ({
      ...LISTENER,
      hostname: `${name}.example.org`,
      tls: { mode: 'Terminate', certificateRefs: [{ name: `${name}-tls` }] },
      ...more,
    });
    const makeGateway = (name: string, listeners: GatewayListener[], annotations: Annotations = {}) =>
      world.client.create(
        gateways,
        { ...annotated(name, annotations), spec: { gatewayClassName: 'any', listeners } },
        soon(),
      );

    describe('an Ingress', () => {
      test('gets a Certificate, named after its Secret, and that is issued', async () => {
        const { metadata: owner } = await makeIngress('plain', [block('plain')], {}, { labels: { app: 'shop' } });
        const { metadata, spec } = await world.ready('plain-tls', 30_000);
        assert.deepEqual(metadata.labels, { app: 'shop' });
        assert.deepEqual(metadata.ownerReferences, [
          {
            apiVersion: 'networking.k8s.io/v1',
            kind: 'Ingress',
            name: 'plain',
            uid: owner.uid,
            controller: true,
            blockOwnerDeletion: true,
          },
        ]);
        assert.equal(metadata.managedFields?.[0]?.manager, 'cert-manager-ingress-shim');
        assert.deepEqual(spec, {
          secretName: 'plain-tls',
          dnsNames: ['plain.example.org'],
          issuerRef: { name: 'ca', kind: 'Issuer', group: 'cert-manager.io' },
          usages: ['digital signature', 'key encipherment'],
        });
        const secret = await world.secretUntil('plain-tls', () => true);
        assert.match(new X509Certificate(textIn(secret, 'tls.crt')).subjectAltName ?? '', /plain\.example\.org/);
        await told('plain', 'CreateCertificate', /^Successfully created Certificate "plain-tls"$/);
      });

      test('says everything about it by annotations', async () => {
        await makeIngress('full', [block('full')], FULL);
        const { spec } = await world.ready('full-tls', 40_000);
        assert.deepEqual(spec, {
          secretName: 'full-tls',
          commonName: 'full.example.org',
          dnsNames: ['full.example.org', 'more.example.org'],
          ipAddresses: ['192.0.2.1'],
          uris: ['spiffe://example.org/full'],
          emailAddresses: ['full@example.org'],
          subject: { organizations: ['Example, Inc.'], countries: ['DE'] },
          duration: '999h0m0s',
          renewBefore: '111h0m0s',
          revisionHistoryLimit: 7,
          privateKey: { algorithm: 'RSA', encoding: 'PKCS1', size: 4096, rotationPolicy: 'Always' },
          secretTemplate: { labels: { reflect: 'yes' } },
          usages: ['server auth'],
          issuerRef: { name: 'ca', kind: 'Issuer', group: 'cert-manager.io' },
        });
        assert.equal((await world.secretUntil('full-tls', () => true)).metadata.labels?.['reflect'], 'yes');
      });

      test('is followed in all that it says, and an annotation that is copied comes and goes with it', async () => {
        const copied = { 'example.org/copied': 'yes' };
        await makeIngress('moving', [block('moving')], copied, { labels: { team: 'a' } });
        const first = await made('moving-tls');
        assert.equal(first.metadata.annotations?.['example.org/copied'], 'yes');
        const annotations = { 'example.org/copied': null, 'cert-manager.io/ip-sans': '192.0.2.7' };
        const spec = { tls: [{ hosts: ['moving.example.org', '192.0.2.9'], secretName: 'moving-tls' }] };
        await change('moving', { metadata: { annotations, labels: { team: null, part: 'b' } }, spec });
        const changed = await world.until('moving-tls', ({ spec: { ipAddresses } }) => ipAddresses?.length === 2);
        assert.deepEqual(changed.spec.ipAddresses, ['192.0.2.9', '192.0.2.7']);
        assert.deepEqual(changed.metadata.labels, { part: 'b' });
        assert.equal(changed.metadata.annotations?.['example.org/copied'], undefined);
        assert.equal(changed.metadata.uid, first.metadata.uid);
        await told('moving', 'UpdateCertificate', /^Successfully updated Certificate "moving-tls"$/);
        await world.ready('moving-tls', 30_000);
      });

      test('that names another Secret has the one Certificate deleted and another made', async () => {
        await makeIngress('pair', [block('pair-a'), block('pair-b')]);
        await made('pair-a-tls');
        await made('pair-b-tls');
        await change('pair', { spec: { tls: [block('pair-a')] } });
        await gone('pair-b-tls');
        await told('pair', 'DeleteCertificate', /^Successfully deleted unrequired Certificate "pair-b-tls"$/);
        assert.ok(await world.certificate('pair-a-tls'));
      });

      test('with one Secret twice is told so, and nothing is done', async () => {
        await makeIngress('twice', [
          block('twice'),
          { hosts: ['b.example.org'], secretName: 'twice-tls' },
          block('third'),
        ]);
        await told('twice', 'BadConfig', /^spec\.tls\[0\] and spec\.tls\[1\] name the same Secret twice-tls/);
        assert.equal(await world.certificate('third-tls'), undefined);
      });

      test('with an annotation that says nothing is told so, and the Certificate stays until that is mended', async () => {
        await makeIngress('bad', [block('bad')]);
        const { metadata } = await made('bad-tls');
        await change('bad', {
          metadata: { annotations: { 'cert-manager.io/duration': '90d' } },
          spec: { tls: [block('bad'), block('bad-more')] },
        });
        await told('bad', 'BadConfig', /^the annotation cert-manager\.io\/duration is "90d": write hours/);
        assert.equal((await world.certificate('bad-tls'))?.metadata.generation, metadata.generation);
        assert.equal(await world.certificate('bad-more-tls'), undefined);
        await change('bad', { metadata: { annotations: { 'cert-manager.io/duration': '100h' } } });
        await world.until('bad-tls', ({ spec }) => spec.duration === '100h0m0s');
        await made('bad-more-tls');
      });

      test('that asks for what the API server does not take is told its reason', async () => {
        await makeIngress('refused', [block('refused')], { 'cert-manager.io/duration': '10m' });
        await told(
          'refused',
          'BadConfig',
          /^Certificate "refused-tls" cannot be made as the annotations say: spec\.duration: .*at least 1h/,
        );
      });

      test('never touches a Certificate of others, and takes the name when it is free', async () => {
        const spec = { secretName: 'foreign-tls', dnsNames: ['else.example.org'], issuerRef: { name: 'ca' } };
        const { metadata } = await world.create('foreign-tls', spec);
        await makeIngress('foreign', [block('foreign')]);
        await told(
          'foreign',
          'BadConfig',
          /^Certificate "foreign-tls" was not made for this Ingress .* lacks foreign\.example\.org/,
        );
        const present = await world.certificate('foreign-tls');
        assert.deepEqual([present?.metadata.uid, present?.metadata.generation], [metadata.uid, 1]);
        await world.client.delete(certificateResource, at('foreign-tls'), soon());
        await world.until('foreign-tls', ({ spec: { dnsNames } }) => dnsNames?.[0] === 'foreign.example.org');
      });

      test('puts right what somebody changes, leaves what it has no word for, and makes anew what is deleted', async () => {
        await makeIngress('mended', [block('mended')]);
        const { metadata } = await made('mended-tls');
        const formats = { additionalOutputFormats: [{ type: 'DER' }] };
        await world.change('mended-tls', { dnsNames: ['wrong.example.org'], ...formats });
        const mended = await world.until(
          'mended-tls',
          ({ spec }) => spec.dnsNames?.[0] === 'mended.example.org' && spec.additionalOutputFormats !== undefined,
        );
        assert.deepEqual(mended.spec.additionalOutputFormats, [{ type: 'DER' }]);
        await world.client.delete(certificateResource, at('mended-tls'), soon());
        await world.until('mended-tls', (certificate) => certificate.metadata.uid !== metadata.uid);
      });

      test('asks the default issuer by kubernetes.io/tls-acme', async () => {
        const annotations = { 'kubernetes.io/tls-acme': 'true' };
        await makeIngress('auto', [block('auto')], {}, { annotations });
        const { spec } = await made('auto-tls');
        assert.deepEqual(spec.issuerRef, { name: 'usual', kind: 'ClusterIssuer', group: 'cert-manager.io' });
      });

      test('that is deleted takes its Certificate with it, by garbage collection', async () => {
        await makeIngress('short', [block('short')]);
        await made('short-tls');
        await world.client.delete(ingresses, at('short'), { ...soon(), propagation: 'Foreground' });
        await gone('short-tls');
      });

      test('that waits for HTTP-01 is told that nobody answers it', async () => {
        const solver = { http01: { ingress: {} } };
        const acme = { server: 'https://ca.invalid/', privateKeySecretRef: { name: 'key' }, solvers: [solver] };
        await world.issuer('http', { acme });
        const annotations = { 'cert-manager.io/issuer': 'http', 'acme.cert-manager.io/http01-edit-in-place': 'true' };
        await makeIngress('http', [block('http')], annotations);
        await told(
          'http',
          'BadConfig',
          /http01-edit-in-place is without effect, since HTTP-01 challenges are not answered: give Issuer "http"/,
        );
        const { metadata } = await made('http-tls');
        assert.equal(metadata.annotations?.['acme.cert-manager.io/http01-override-ingress-name'], 'http');
      });
    });

    describe('a Gateway', () => {
      test('gets a Certificate for its listener', async () => {
        const annotations = {
          'cert-manager.io/common-name': 'edge.example.org',
          'cert-manager.io/duration': '999h',
          'cert-manager.io/renew-before': '111h',
        };
        const { metadata: owner } = await makeGateway(
          'edge',
          [listener('edge'), { name: 'http', port: 80, protocol: 'HTTP' }],
          annotations,
        );
        const { metadata, spec } = await world.ready('edge-tls', 40_000);
        assert.deepEqual(spec, {
          secretName: 'edge-tls',
          commonName: 'edge.example.org',
          dnsNames: ['edge.example.org'],
          duration: '999h0m0s',
          renewBefore: '111h0m0s',
          issuerRef: { name: 'ca', kind: 'Issuer', group: 'cert-manager.io' },
          usages: ['digital signature', 'key encipherment'],
        });
        assert.deepEqual(metadata.annotations, {
          'acme.cert-manager.io/http01-parentrefkind': 'Gateway',
          'acme.cert-manager.io/http01-parentrefname': 'edge',
        });
        const [reference] = metadata.ownerReferences ?? [];
        assert.deepEqual(
          [reference?.apiVersion, reference?.kind, reference?.uid, reference?.controller],
          ['gateway.networking.k8s.io/v1', 'Gateway', owner.uid, true],
        );
        assert.equal(metadata.managedFields?.[0]?.manager, 'cert-manager-gateway-shim');
        await told('edge', 'CreateCertificate', /^Successfully created Certificate "edge-tls"$/);
      });

      test('listeners of a protocol given by flag count, those of others do not', async () => {
        const listeners = [
          listener('dtls', { protocol: 'DTLS' }),
          listener('other', { name: 'other', port: 444, protocol: 'example.org/other' }),
        ];
        await makeGateway('dtls', listeners);
        const { spec } = await made('dtls-tls');
        assert.deepEqual([spec.secretName, spec.dnsNames], ['dtls-tls', ['dtls.example.org']]);
        assert.equal(await world.certificate('other-tls'), undefined);
      });

      test('listeners that are to be ignored are; several may share a Secret; single faults are told', async () => {
        const shared = { mode: 'Terminate', certificateRefs: [{ name: 'shared-tls' }] };
        const listeners = [
          listener('by-hand', { name: 'by-hand' }),
          listener('shared', { name: 'a', port: 8443 }),
          listener('shared-b', { name: 'b', port: 8444, tls: shared }),
          listener('nameless', { name: 'nameless', port: 8445, hostname: undefined }),
          listener('away', {
            name: 'away',
            port: 8446,
            tls: { mode: 'Terminate', certificateRefs: [{ name: 'away-tls', namespace: 'kube-system' }] },
          }),
        ];
        await makeGateway('many', listeners, { 'cert-manager.io/ignore-tls-listeners': 'by-hand' });
        const { spec } = await made('shared-tls');
        assert.deepEqual(spec.dnsNames, ['shared.example.org', 'shared-b.example.org']);
        await told('many', 'BadConfig', /^Skipped the listener nameless: it has no hostname/);
        await told('many', 'BadConfig', /^Skipped the listener away: the Secret away-tls .* namespace kube-system/);
        assert.equal(await world.certificate('by-hand-tls'), undefined);
      });

      test('a listener that is taken away takes its Certificate with it', async () => {
        const second = listener('less-b', { name: 'b', port: 8443 });
        await makeGateway('less', [listener('less'), second]);
        await made('less-b-tls');
        const body = { spec: { listeners: [listener('less')] } };
        await world.client.patch(gateways, at('less'), { type: 'merge', body }, soon());
        await gone('less-b-tls');
        assert.ok(await world.certificate('less-tls'));
      });
    });

    describe('a ListenerSet', () => {
      const kinds = [listenerSets, experimentalListenerSets];
      for (const kind of kinds) {
        test(`${kind.kind} below a Gateway without an annotation`, async () => {
          const name = kind.kind.toLowerCase();
          await world.client.create(
            gateways,
            {
              metadata: at(`${name}-parent`),
              spec: { gatewayClassName: 'any', listeners: [{ ...LISTENER, name: 'http', port: 80, protocol: 'HTTP' }] },
            },
            soon(),
          );
          const spec = { parentRef: { name: `${name}-parent` }, listeners: [listener(name)] };
          await world.client.create(kind, { ...annotated(name, {}), spec }, soon());
          const { metadata } = await world.ready(`${name}-tls`, 40_000);
          assert.equal(metadata.ownerReferences?.[0]?.kind, kind.kind);
          await told(name, 'CreateCertificate', /^Successfully created/);
        });
      }

      test('has its issuer from its Gateway, also when that comes later', async () => {
        const spec = { parentRef: { name: 'late' }, listeners: [listener('set')] };
        await world.client.create(listenerSets, { metadata: at('set'), spec }, soon());
        await makeGateway('late', [{ ...LISTENER, name: 'http', port: 80, protocol: 'HTTP' }]);
        const certificate = await made('set-tls');
        assert.deepEqual(certificate.spec.issuerRef, { name: 'ca', kind: 'Issuer', group: 'cert-manager.io' });
        assert.equal(certificate.metadata.ownerReferences?.[0]?.name, 'set');
      });
    });
  },
);

const BACKEND = { defaultBackend: { service: { name: 'shop', port: { number: 80 } } } };

const FULL = {
  'cert-manager.io/issuer-kind': 'Issuer',
  'cert-manager.io/issuer-group': 'cert-manager.io',
  'cert-manager.io/common-name': 'full.example.org',
  'cert-manager.io/alt-names': 'more.example.org',
  'cert-manager.io/ip-sans': '192.0.2.1',
  'cert-manager.io/uri-sans': 'spiffe://example.org/full',
  'cert-manager.io/email-sans': 'full@example.org',
  'cert-manager.io/subject-organizations': '"Example, Inc."',
  'cert-manager.io/subject-countries': 'DE',
  'cert-manager.io/duration': '999h',
  'cert-manager.io/renew-before': '111h',
  'cert-manager.io/revision-history-limit': '7',
  'cert-manager.io/private-key-algorithm': 'RSA',
  'cert-manager.io/private-key-encoding': 'PKCS1',
  'cert-manager.io/private-key-size': '4096',
  'cert-manager.io/private-key-rotation-policy': 'Always',
  'cert-manager.io/usages': 'server auth',
  'cert-manager.io/secret-template': '{"labels":{"reflect":"yes"}}',
};
