import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { secretBytes, secrets } from '../../src/kube/api/secret.ts';
import { conditionOf } from '../../src/kube/conditions.ts';
import { clusterIssuerResource } from '../../src/kube/schema/issuer.ts';
import { waitForObject } from './kube-controller.ts';
import { certificateYaml, issuerYaml, startKubeAcmeWorld } from './kube-acme-world.ts';
import type { KubeAcmeWorld } from './kube-acme-world.ts';
import { kubeClusterSkip } from './kube-cluster.ts';
import { peers } from './require-peer.ts';

const skip = kubeClusterSkip() || peers('pebble', 'nsd', 'unbound', 'openssl');
const LIMIT = { timeout: 60_000 };
const DAY = 86_400_000;
const LONG = 'a'.repeat(63);

describe('what an ACME issuer can be told', { skip, timeout: 170_000 }, () => {
  let world: KubeAcmeWorld;
  before(async () => {
    world = await startKubeAcmeWorld({
      // As where port 53 is closed to the outside: only the resolver is asked about the names of others.
      flags: ['--dns01-recursive-nameservers-only'],
      pebble: {
        env: { PEBBLE_ALTERNATE_ROOTS: '1' },
        profiles: {
          usual: { description: 'ninety days', validityPeriod: (90 * DAY) / 1000 },
          brief: { description: 'six days', validityPeriod: (6 * DAY) / 1000 },
        },
      },
    });
    await world.apply(issuerYaml(world.chain));
  });
  after(async () => {
    await world?.stop();
  });

  const chainOf = async (name: string): Promise<X509Certificate[]> => {
    await world.untilReady(name, 40_000);
    const key = { namespace: 'default', name: `${name}-tls` };
    const secret = await world.cluster.client.get(secrets, key, { signal: AbortSignal.timeout(10_000) });
    const pem = Buffer.from((secret && secretBytes(secret, 'tls.crt')) ?? '').toString();
    return (pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []).map(
      (block) => new X509Certificate(block),
    );
  };
  const lifetimeOf = (certificate: X509Certificate | undefined): number =>
    Date.parse(certificate?.validTo ?? '') - Date.parse(certificate?.validFrom ?? '');

  test('a duration', LIMIT, async () => {
    await world.delegate(['duration.example.org']);
    const issuer = issuerYaml(world.chain, { name: 'durable', acme: '    enableDurationFeature: true' });
    const certificate = certificateYaml('duration', ['duration.example.org'], 'durable');
    await world.apply(issuer + certificate.replace('spec:', 'spec:\n  duration: 72h'));
    const [leaf] = await chainOf('duration');
    assert.ok(Math.abs(lifetimeOf(leaf) - 3 * DAY) < 60_000, `${lifetimeOf(leaf) / DAY} days`);
  });

  test('a profile, and one that the CA does not have', LIMIT, async () => {
    await world.delegate(['profile.example.org']);
    await world.apply(
      issuerYaml(world.chain, { name: 'brief', acme: '    profile: brief' }) +
        issuerYaml(world.chain, { name: 'unknown', acme: '    profile: none-such' }) +
        certificateYaml('profile', ['profile.example.org'], 'brief') +
        certificateYaml('unknown', ['profile.example.org'], 'unknown'),
    );
    const [leaf] = await chainOf('profile');
    assert.ok(lifetimeOf(leaf) < 7 * DAY, `${lifetimeOf(leaf) / DAY} days`);
    assert.match(await world.untilSaid('unknown', /failed/), /has no profile "none-such": choose one of /);
  });

  test('a preferred chain', LIMIT, async () => {
    await world.delegate(['chain.example.org']);
    const root = new X509Certificate(await world.chain.pebble.issuingRoot(1));
    const wanted = /CN=(.*)/.exec(root.subject)?.[1] ?? '';
    await world.apply(
      issuerYaml(world.chain, { name: 'chain', acme: `    preferredChain: "${wanted}"` }) +
        certificateYaml('chain', ['chain.example.org'], 'chain'),
    );
    const top = (await chainOf('chain')).at(-1);
    assert.equal(top?.issuer, root.subject);
  });

  test('the longest label, and a wildcard alone', LIMIT, async () => {
    const domain = `${LONG}.example.org`;
    await world.delegate([domain, 'wild.example.org']);
    await world.apply(certificateYaml(LONG, [domain]) + certificateYaml('wild', ['*.wild.example.org'], 'pebble'));
    assert.equal((await chainOf(LONG))[0]?.subjectAltName, `DNS:${domain}`);
    assert.equal((await chainOf('wild'))[0]?.subjectAltName, 'DNS:*.wild.example.org');
  });

  test('waiting in place of looking: nothing is looked at', LIMIT, async () => {
    const solver = 'acmeDNS: {}\n      waitInsteadOfSelfCheck: 0s';
    await world.apply(issuerYaml(world.chain, { name: 'blind', solver }));
    // Were it looked at, nothing would be ordered: there is no CNAME.
    const { orders } = world.chain.pebble.counts();
    await world.apply(certificateYaml('blind', ['blind.example.org'], 'blind'));
    const said = await world.untilSaid('blind', /failed/);
    assert.match(said, /could not validate blind\.example\.org/);
    assert.equal(world.chain.pebble.counts().orders, orders + 1);
  });

  const http01 = 'http01: { ingress: { ingressClassName: nginx } }';
  const cloudflare = 'dns01: { cloudflare: { apiTokenSecretRef: { name: token, key: token } } }';
  for (const [name, solvers, said] of [
    ['cloud', [cloudflare], /There is no solver that can be used: its solver is the DNS provider cloudflare, which/],
    ['web', [http01], /There is no solver that can be used: its solver is HTTP-01, which/],
    ['both', [http01, cloudflare], /There is no solver that can be used: its solver is HTTP-01, which/],
  ] as const) {
    test(`solvers that are not built: the issuer ${name} says so, and keeps them`, LIMIT, async () => {
      const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'token', namespace: 'cert-manager' } };
      await world.apply(JSON.stringify({ ...secret, stringData: { token: 'x' } }));
      const yaml = issuerYaml(world.chain, { name }).replace(
        / {4}solvers:[^]*?---\n/,
        `    solvers: [{ ${solvers.join(' }, { ')} }]\n---\n`,
      );
      await world.apply(yaml + certificateYaml(name, [`${name}.example.org`], name));
      const issuer = await waitForObject(
        world.cluster.client,
        clusterIssuerResource,
        { name },
        (found) => conditionOf(found?.status?.conditions, 'Ready')?.status === 'False',
      );
      const ready = conditionOf(issuer?.status?.conditions, 'Ready');
      assert.equal(ready?.reason, 'UnsupportedSolver');
      assert.match(ready?.message ?? '', said);
      assert.equal(issuer?.spec.acme?.solvers?.length, solvers.length);
      await world.untilSaid(name, said);
    });
  }

  test(
    'one solver that is built among others: the issuer is ready, and a name that needs another is told',
    LIMIT,
    async () => {
      await world.delegate(['mixed.example.org']);
      const yaml = issuerYaml(world.chain, { name: 'mixed' }).replace(
        /\n---\n/,
        `\n    - selector: { dnsNames: [web.example.org] }\n      ${http01}\n---\n`,
      );
      await world.apply(
        yaml +
          certificateYaml('mixed', ['mixed.example.org'], 'mixed') +
          certificateYaml('mixed-web', ['web.example.org'], 'mixed'),
      );
      await world.untilReady('mixed');
      assert.match(
        await world.untilSaid('mixed-web', /waiting/),
        /web\.example\.org cannot be validated: its solver is HTTP-01/,
      );
    },
  );
});
