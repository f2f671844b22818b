import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { challengeName, parseCertificateName, parseDomainName } from '../core/domain-name.ts';
import { DomainError } from '../core/error.ts';
import type { Answers } from '../kube/acme/answers.ts';
import { LABEL_SECRET, labelFrom } from '../kube/acme/own-labels.ts';
import { secretData, secrets } from '../kube/api/secret.ts';
import { createFakeDeps } from '../kube/testing/fake-deps.ts';
import { openKubeAnswers } from './kube-acme-answers.ts';
import type { KubeDns } from './kube-acme-dns.ts';

const ZONE = parseDomainName('auth.example.net');
const DOMAIN = parseDomainName('example.org');
const KEY = Buffer.alloc(32, 3);
const TENANT = { kind: 'Issuer', namespace: 'default' } as const;
const signal = (): AbortSignal => AbortSignal.timeout(5000);

function world(o: { everywhere?: KubeDns['everywhere'] } = {}) {
  const kube = createFakeDeps({ clusterResourceNamespace: 'evercert' });
  kube.put(secrets, { metadata: { name: LABEL_SECRET, namespace: 'evercert' }, data: secretData({ key: KEY }) });
  const steps: string[] = [];
  const dns: KubeDns = {
    zone: ZONE,
    at: { address: '127.0.0.1', port: 53 },
    served: {
      isServed: () => true,
      async whenServed(name, value) {
        steps.push(`here ${name} ${value}`);
      },
      stop: () => {},
    },
    watchQuestions: () => () => {},
    everywhere:
      o.everywhere ??
      (async (name, value) => {
        steps.push(`everywhere ${name} ${value}`);
      }),
    stop: async () => {},
  };
  const look = { resolvers: [], routes: new Map(), clock: kube.clock };
  const open = openKubeAnswers({ deps: kube.deps, look, dns, clock: kube.clock });
  const answers = (solver: object): Answers => {
    const found = open({ dns01: { acmeDNS: solver } }, TENANT);
    assert.ok(!('message' in found));
    return found;
  };
  return { kube, steps, open, answers };
}

describe('answers of our own zone', () => {
  const accounts = { accountSecretRef: { name: 'accounts', key: 'json' } };

  test('at a computed label', async () => {
    const { answers } = world();
    const expected = `${labelFrom(KEY, DOMAIN, TENANT)}.${ZONE}`;
    assert.equal(await answers({}).target(DOMAIN, signal()), expected);
    assert.equal(await answers(accounts).target(DOMAIN, signal()), expected, 'no such Secret, no such entry');
  });

  test('where the CNAME leads already, for whoever had an acme-dns server for this zone', async () => {
    const { kube, answers } = world();
    const account = { username: 'u', password: 'p', subdomain: 'old', fulldomain: `old.${ZONE}`, allowfrom: [] };
    const text = JSON.stringify({
      'example.org': account,
      'other.example': { ...account, fulldomain: 'x.elsewhere.example' },
    });
    kube.put(secrets, { metadata: { name: 'accounts' }, data: secretData({ json: text }) });
    const known = answers({ host: 'https://auth.example.net', ...accounts });
    assert.equal(await known.target(DOMAIN, signal()), `old.${ZONE}`);
    const other = parseDomainName('other.example');
    assert.equal(await known.target(other, signal()), `${labelFrom(KEY, other, TENANT)}.${ZONE}`, 'of another zone');
    const below = parseDomainName('www.example.org');
    assert.equal(await known.target(below, signal()), `${labelFrom(KEY, below, TENANT)}.${ZONE}`, 'no need to share');
  });

  test('a Secret that cannot be read is said, without what is in it', async () => {
    const { kube, answers } = world();
    kube.put(secrets, {
      metadata: { name: 'accounts' },
      data: secretData({ json: '{"example.org": {"password": "secret"' }),
    });
    await assert.rejects(answers(accounts).target(DOMAIN, signal()), (error: DomainError) => {
      assert.equal(error.code, 'account-file-invalid');
      assert.match(error.message, /the key "json" of the Secret default\/accounts is not JSON/);
      assert.doesNotMatch(error.message, /secret"/);
      return true;
    });
  });

  test('are in place when they are here, and then when they are everywhere', async () => {
    const { steps, answers } = world();
    const answer = { name: challengeName(parseCertificateName(DOMAIN)), value: 'value' };
    const target = parseDomainName(`label.${ZONE}`);
    await answers({}).present(answer, target, signal());
    assert.deepEqual(steps, [`here ${target} value`, `everywhere ${target} value`]);
    const fault = new DomainError('answer-not-served', 'one is behind');
    const behind = world({ everywhere: () => Promise.reject(fault) });
    await assert.rejects(behind.answers({}).present(answer, target, signal()), fault);
  });
});

describe('answers of solvers', () => {
  test('are the same for the same place, and others for others', () => {
    const { open, answers } = world();
    const remote = { host: 'https://auth.example.com', accountSecretRef: { name: 'accounts', key: 'json' } };
    assert.equal(answers({}), answers({}));
    assert.equal(answers(remote), answers({ ...remote }));
    assert.notEqual(answers(remote), answers({ ...remote, host: 'https://auth.example.org' }));
    assert.notEqual(answers(remote), open({ dns01: { acmeDNS: remote } }, { ...TENANT, namespace: 'other' }));
    assert.deepEqual([answers({}).own, answers(remote).own], [true, false]);
    const other = open({ dns01: { acmeDNS: {} } }, { ...TENANT, namespace: 'other' });
    const places = [answers({}), answers(remote), other].map((one) => 'place' in one && one.place);
    assert.equal(new Set(places).size, 3, 'what is known of a delegation of one tenant is not known of another');
  });

  test('with nameservers are looked at through them, and those that are none are told', () => {
    const { open } = world();
    const account = { host: 'https://auth.example.com', accountSecretRef: { name: 'accounts', key: 'json' } };
    for (const acmeDNS of [{}, account]) {
      const made = (nameservers: string[]) => open({ dns01: { acmeDNS, nameservers } }, TENANT);
      const usual = made([]);
      const own = made(['192.0.2.53:53', 'https://dns.example.net/dns-query']);
      assert.ok('place' in usual && 'place' in own);
      assert.equal(usual.checker, undefined);
      assert.equal(typeof own.checker?.checkDelegation, 'function');
      assert.notEqual(usual.place, own.place, 'what one sees, the other need not');
      const none = made(['dns.example.net']);
      assert.match(
        'message' in none ? none.message : '',
        /^in dns01\.nameservers of its solver "dns\.example\.net" is not/,
      );
    }
  });
});
