import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { parseDomainName } from '../../src/core/domain-name.ts';
import { zoneOf } from '../../src/app/challenge-server.ts';
import { startDnsServer } from '../../src/dns/server.ts';
import type { DelegationTakeover } from '../../src/app/kube-takeover-delegations.ts';
import type { AnnotatedTakeover } from '../../src/kube/takeover/judge-annotated.ts';
import { LABEL_SECRET, labelFrom } from '../../src/kube/acme/own-labels.ts';
import { evercert } from '../cli/run-evercert.ts';
import type { Run } from '../cli/run-evercert.ts';
import { CHALLENGE_ZONE, DOMAIN } from './chain.ts';
import { freePort } from './free-port.ts';
import { kubeClusterSkip, startKubeCluster } from './kube-cluster.ts';
import type { KubeCluster } from './kube-cluster.ts';
import { installOurCrds } from './kube-controller.ts';
import { startNsd } from './nsd.ts';
import { peers } from './require-peer.ts';
import { startUnbound } from './unbound.ts';
import type { Unbound } from './unbound.ts';
import type { UserZones } from './user-zones.ts';

// `evercert kube check takeover` in a cluster that nobody works in: Ingresses, Gateways, and the CNAMEs in the zone of the user.

const skip = kubeClusterSkip() || peers('nsd', 'unbound', 'openssl');
const LIMIT = { timeout: 60_000 };
const LABEL_KEY = Buffer.alloc(32, 7);
const EVERYWHERE = { kind: 'ClusterIssuer', namespace: '' } as const;

const targetOf = (domain: string) => `${labelFrom(LABEL_KEY, parseDomainName(domain), EVERYWHERE)}.${CHALLENGE_ZONE}`;

interface Foreseen {
  readonly certificates: readonly { name: string; kind: string; message?: string }[];
  readonly annotated: readonly AnnotatedTakeover[];
  readonly delegations?: readonly DelegationTakeover[];
}

describe('looking before a takeover', { skip, timeout: 150_000 }, () => {
  let cluster: KubeCluster;
  let zones: UserZones;
  let resolver: Unbound;
  let dnsPort: number;
  before(async () => {
    const cnames = [
      `_acme-challenge.shop.${DOMAIN}. CNAME ${targetOf(`shop.${DOMAIN}`)}.`,
      `_acme-challenge.old.${DOMAIN}. CNAME 11111111-1111-4111-8111-111111111111.${CHALLENGE_ZONE}.`,
      `_acme-challenge.wrong.${DOMAIN}. CNAME www.${DOMAIN}.`,
      `_acme-challenge.moved.${DOMAIN}. CNAME 33333333-3333-4333-8333-333333333333.${CHALLENGE_ZONE}.`,
    ];
    dnsPort = await freePort();
    [cluster, zones] = await Promise.all([
      startKubeCluster(),
      startNsd({ zones: { [DOMAIN]: [`www.${DOMAIN}. A 192.0.2.1`, ...cnames].join('\n') } }),
    ]);
    resolver = await startUnbound({
      stubs: { [DOMAIN]: `127.0.0.1@${zones.port}`, [CHALLENGE_ZONE]: `127.0.0.1@${dnsPort}` },
    });
    await installOurCrds(cluster);
    await cluster.installGatewayApi();
    for (const name of ['cert-manager', 'web']) await cluster.kubectl(['create', 'namespace', name]);
    await cluster.kubectl(['apply', '-f', '-'], OBJECTS);
  });
  after(async () => {
    await Promise.all([cluster?.stop(), zones?.stop(), resolver?.stop()]);
  });

  const takeover = async (...args: string[]): Promise<Run> => {
    const run = await evercert(['kube', 'check', 'takeover', '--dns-zone', CHALLENGE_ZONE, ...args], {
      env: { KUBECONFIG: cluster.kubeconfig },
    });
    assert.equal(run.code, 0, run.stderr);
    return run;
  };
  const foreseen = async (...args: string[]): Promise<Foreseen> =>
    JSON.parse((await takeover('-o', 'json', ...args)).stdout) as Foreseen;
  const lookFlags = (): string[] => [
    '--check-dns',
    `--dns01-recursive-nameservers=127.0.0.1:${resolver.port}`,
    `--dns01-route=${DOMAIN}=127.0.0.1:${zones.port}`,
    `--dns01-route=${CHALLENGE_ZONE}=127.0.0.1:${dnsPort}`,
  ];

  test('what annotations ask for, and what of it cannot be done', LIMIT, async () => {
    const { annotated, delegations } = await foreseen(
      '--default-issuer-name=own',
      '--default-issuer-kind=ClusterIssuer',
    );
    assert.equal(delegations, undefined);
    const seen = new Map(annotated.map((one) => [`${one.kind} ${one.namespace}/${one.name}`, one]));
    const of = (key: string): AnnotatedTakeover => {
      const one = seen.get(key);
      assert.ok(one, `${key} among ${[...seen.keys()].join(', ')}`);
      return one;
    };
    assert.ok(!seen.has('Ingress web/plain'), 'which asks for nothing');

    const shop = of('Ingress web/shop');
    assert.deepEqual([shop.issuer, shop.made, shop.problems, shop.notes], ['ClusterIssuer own', ['shop-tls'], [], []]);
    const http = of('Ingress web/http');
    assert.match(
      http.problems.join(),
      /Issuer http: http\.example\.org: its solver is HTTP-01, which evercert does not do; give the issuer a solver/,
    );
    assert.match(
      http.notes.join(),
      /^acme\.cert-manager\.io\/http01-edit-in-place: kept for the way back and without effect/,
    );
    assert.match(
      of('Ingress web/route53').problems.join(),
      /the DNS provider route53, which evercert does not speak to; give/,
    );
    assert.match(
      of('Ingress web/vault').problems.join(),
      /Issuer vault is of the type vault, which evercert does not have; ask another/,
    );
    assert.match(of('Ingress web/venafi').problems.join(), /of the type venafi/);
    assert.match(of('Ingress web/venafi').notes.join(), /^venafi\.cert-manager\.io\/custom-fields: kept/);
    assert.match(of('Ingress web/nobody').problems.join(), /^there is no ClusterIssuer nobody$/);
    assert.match(
      of('Ingress web/bad').problems.join(),
      /^the annotation cert-manager\.io\/duration is "90d": write hours/,
    );
    assert.deepEqual([of('Ingress web/auto').issuer, of('Ingress web/auto').problems], ['ClusterIssuer own', []]);
    assert.deepEqual(of('Gateway web/edge').made, ['edge-tls']);
    assert.deepEqual(
      [of('ListenerSet web/team').issuer, of('ListenerSet web/team').made],
      ['ClusterIssuer own', ['team-tls']],
    );
    assert.match(
      (await foreseen()).annotated.find(({ name }) => name === 'auto')?.problems.join() ?? '',
      /default issuer, and there is none/,
    );
  });

  test('for people: in 80 columns, with the flags that Gateways need', LIMIT, async () => {
    const { stdout } = await takeover('-n', 'web');
    for (const line of stdout.split('\n')) assert.ok(line.length <= 80 || !/ /.test(line.trim()), line);
    assert.match(stdout, /\n7 annotated, and not served as it is\n/);
    assert.match(stdout, /\n3 annotated and served\n {2}Ingress web\/shop\n {6}by ClusterIssuer own: makes shop-tls\n/);
    assert.match(stdout, /\nGateways need --enable-gateway-api among the args of evercert\n/);
    assert.match(stdout, /\nListenerSets need --enable-gateway-api-listenerset among the args as well\n/);
    const enabled = await takeover('-n', 'web', '--enable-gateway-api', '--enable-gateway-api-listenerset');
    assert.doesNotMatch(enabled.stdout, /need --enable/);
    assert.doesNotMatch(stdout, /delegated/);
  });

  test('CNAMEs: right, wrong, missing and not to be told, and nothing is written', LIMIT, async () => {
    const atFirst = await everything();
    const early = byDomain(await foreseen(...lookFlags()));
    // Nobody answers at the challenge zone yet.
    assert.deepEqual(
      ['shop', 'old'].map((name) => early.get(`${name}.${DOMAIN}`)?.kind),
      ['not-served', 'not-served'],
    );
    const server = await startDnsServer({
      listeners: (['udp', 'tcp'] as const).map((transport) => ({ transport, address: '127.0.0.1', port: dnsPort })),
      zones: [
        zoneOf({
          name: parseDomainName(CHALLENGE_ZONE),
          nameserver: parseDomainName('ns.example.net'),
          mailbox: parseDomainName('hostmaster.example.net'),
          records: [],
          negativeTtl: 1,
        }),
      ],
      workers: 0,
    });
    try {
      const found = byDomain(await foreseen(...lookFlags()));
      const kinds = Object.fromEntries(
        [...found].map(([domain, { kind }]) => [domain.replace(`.${DOMAIN}`, ''), kind]),
      );
      assert.deepEqual(kinds, {
        old: 'right',
        moved: 'right',
        wrong: 'wrong',
        missing: 'wrong',
        unregistered: 'unknown',
        shop: 'right',
        edge: 'wrong',
        team: 'wrong',
      });
      const of = (name: string) => found.get(`${name}.${DOMAIN}`);
      assert.deepEqual(of('shop')?.certificates, ['web/shop-tls'], 'which nobody has made yet');
      assert.equal(of('old')?.target, `11111111-1111-4111-8111-111111111111.${CHALLENGE_ZONE}`);
      assert.match(
        of('wrong')?.message ?? '',
        /leads elsewhere: .*www\.example\.org.*replace it at your DNS provider by:/,
      );
      const add = `add at your DNS provider:  _acme-challenge.missing.${DOMAIN}.  CNAME  22222222-2222-4222-8222-222222222222.${CHALLENGE_ZONE}.`;
      const said = of('missing')?.message ?? '';
      assert.ok(said.endsWith(add), said);
      assert.match(
        of('unregistered')?.message ?? '',
        /^there is no account for unregistered\.example\.org in the key "acmedns\.json" of the Secret cert-manager\/accounts: evercert registers one at https:/,
      );
      const { stdout } = await takeover(...lookFlags());
      assert.match(stdout, /\n4 delegated wrongly, or not at all\n/);
      assert.match(stdout, /\n3 delegated\n/);
    } finally {
      await server.stop();
    }
    assert.deepEqual(await everything(), atFirst);
  });

  test(
    'without the Secret that labels come from, their CNAMEs are not known yet, and nothing makes it',
    LIMIT,
    async () => {
      await cluster.kubectl(['-n', 'cert-manager', 'delete', 'secret', LABEL_SECRET]);
      const found = byDomain(await foreseen(...lookFlags()));
      const { kind, message = '' } = found.get(`shop.${DOMAIN}`) ?? {};
      assert.equal(kind, 'unknown');
      assert.match(
        message,
        /Secret cert-manager\/evercert-challenge-labels, which is not there yet: make it beforehand/,
      );
      const left = await cluster.kubectl(['-n', 'cert-manager', 'get', 'secrets', '-o', 'name']);
      assert.doesNotMatch(left, /challenge-labels/);
    },
  );

  const byDomain = ({ delegations = [] }: Foreseen) => new Map(delegations.map((one) => [one.domain, one]));
  const everything = async (): Promise<unknown> => {
    const kinds = 'secrets,ingresses,gateways,listenersets,certificates,orders,challenges,certificaterequests';
    const all = await cluster.kubectl(['get', kinds, '-A', '-o', 'json']);
    const { items } = JSON.parse(all) as { items: { metadata: { name: string; resourceVersion: string } }[] };
    assert.ok(items.some(({ metadata }) => metadata.name === 'shop'));
    return items.map(({ metadata }) => [metadata.name, metadata.resourceVersion]);
  };
});

const ACME = `server: https://ca.invalid/directory, privateKeySecretRef: { name: account }`;
const account = (label: string) => ({
  username: 'u',
  password: 'p',
  subdomain: label,
  fulldomain: `${label}.${CHALLENGE_ZONE}`,
  allowfrom: [],
});
const ACCOUNTS = JSON.stringify({
  [`old.${DOMAIN}`]: account('11111111-1111-4111-8111-111111111111'),
  [`missing.${DOMAIN}`]: account('22222222-2222-4222-8222-222222222222'),
  [`moved.${DOMAIN}`]: account('33333333-3333-4333-8333-333333333333'),
  [`wrong.${DOMAIN}`]: account('44444444-4444-4444-8444-444444444444'),
});

const issuer = (kind: string, name: string, spec: string): string => `
apiVersion: cert-manager.io/v1
kind: ${kind}
metadata: { name: ${name}${kind === 'Issuer' ? ', namespace: web' : ''} }
spec: { ${spec} }
---`;
const ingress = (name: string, annotations: object): string => `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: ${name}, namespace: web, annotations: ${JSON.stringify(annotations)} }
spec:
  tls: [{ hosts: [${name}.${DOMAIN}], secretName: ${name}-tls }]
  defaultBackend: { service: { name: shop, port: { number: 80 } } }
---`;
const certificate = (name: string, issuerName: string): string => `
apiVersion: cert-manager.io/v1
kind: Certificate
metadata: { name: ${name}, namespace: web }
spec:
  secretName: ${name}-tls
  dnsNames: [${name}.${DOMAIN}, '*.${name}.${DOMAIN}']
  issuerRef: { name: ${issuerName}, kind: ClusterIssuer }
---`;
const listener = (name: string): string =>
  `{ name: https, port: 443, protocol: HTTPS, hostname: ${name}.${DOMAIN}, tls: { mode: Terminate, certificateRefs: [{ name: ${name}-tls }] } }`;

const OBJECTS = [
  `
apiVersion: v1
kind: Secret
metadata: { name: ${LABEL_SECRET}, namespace: cert-manager }
data: { key: ${LABEL_KEY.toString('base64')} }
---
apiVersion: v1
kind: Secret
metadata: { name: accounts, namespace: cert-manager }
stringData: { acmedns.json: '${ACCOUNTS}' }
---`,
  issuer('ClusterIssuer', 'own', `acme: { ${ACME}, solvers: [{ dns01: { acmeDNS: {} } }] }`),
  // The acme-dns server of this very zone, and one of somebody else.
  issuer(
    'ClusterIssuer',
    'old',
    `acme: { ${ACME}, solvers: [{ dns01: { acmeDNS: { host: 'https://${CHALLENGE_ZONE}', accountSecretRef: { name: accounts, key: acmedns.json } } } }] }`,
  ),
  issuer(
    'ClusterIssuer',
    'remote',
    `acme: { ${ACME}, solvers: [{ dns01: { acmeDNS: { host: 'https://api.invalid', accountSecretRef: { name: accounts, key: acmedns.json } } } }] }`,
  ),
  issuer('Issuer', 'http', `acme: { ${ACME}, solvers: [{ http01: { ingress: {} } }] }`),
  issuer('Issuer', 'route53', `acme: { ${ACME}, solvers: [{ dns01: { route53: { region: eu-central-1 } } }] }`),
  issuer(
    'Issuer',
    'vault',
    `vault: { server: 'https://vault.invalid', path: pki, auth: { tokenSecretRef: { name: t, key: k } } }`,
  ),
  issuer('Issuer', 'venafi', `venafi: { zone: z, cloud: { apiTokenSecretRef: { name: t, key: k } } }`),
  certificate('old', 'old'),
  certificate('moved', 'remote'),
  certificate('wrong', 'remote'),
  certificate('missing', 'remote'),
  certificate('unregistered', 'remote'),
  ingress('plain', {}),
  ingress('shop', { 'cert-manager.io/cluster-issuer': 'own' }),
  ingress('http', { 'cert-manager.io/issuer': 'http', 'acme.cert-manager.io/http01-edit-in-place': 'true' }),
  ingress('route53', { 'cert-manager.io/issuer': 'route53' }),
  ingress('vault', { 'cert-manager.io/issuer': 'vault' }),
  ingress('venafi', { 'cert-manager.io/issuer': 'venafi', 'venafi.cert-manager.io/custom-fields': '[]' }),
  ingress('nobody', { 'cert-manager.io/cluster-issuer': 'nobody' }),
  ingress('bad', { 'cert-manager.io/cluster-issuer': 'own', 'cert-manager.io/duration': '90d' }),
  ingress('auto', { 'kubernetes.io/tls-acme': 'true' }),
  `
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: edge, namespace: web, annotations: { cert-manager.io/cluster-issuer: own } }
spec: { gatewayClassName: any, listeners: [${listener('edge')}] }
---
apiVersion: gateway.networking.k8s.io/v1
kind: ListenerSet
metadata: { name: team, namespace: web }
spec: { parentRef: { name: edge }, listeners: [${listener('team')}] }
`,
].join('');
