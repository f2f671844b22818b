import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDomainName } from '../../core/domain-name.ts';
import type { Ingress } from '../api/ingress.ts';
import type { AnyIssuer } from '../issuer/issuer-lookup.ts';
import type { Certificate } from '../schema/certificate.ts';
import { ingressRequest } from '../shim/ingress-request.ts';
import { defaultShimOptions } from '../shim/shim-options.ts';
import { judgeAnnotated } from './judge-annotated.ts';
import type { AnnotatedTakeover } from './judge-annotated.ts';

const ingress = (annotations: Record<string, string>, secrets: readonly string[]): Ingress => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: { name: 'shop', namespace: 'web', uid: 'uid', annotations },
  spec: { tls: secrets.map((secretName) => ({ secretName, hosts: [`${secretName}.example.org`] })) },
});
/** One that the Ingress has. */
const certificate = (name: string, dnsName = `${name}.example.org`): Certificate => ({
  apiVersion: 'cert-manager.io/v1',
  kind: 'Certificate',
  metadata: {
    name,
    namespace: 'web',
    ownerReferences: [
      { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', name: 'shop', uid: 'uid', controller: true },
    ],
  },
  spec: {
    secretName: name,
    dnsNames: [dnsName],
    issuerRef: { name: 'ca', kind: 'ClusterIssuer', group: 'cert-manager.io' },
    usages: ['digital signature', 'key encipherment'],
  },
});
const CA = { kind: 'ClusterIssuer', metadata: { name: 'ca' }, spec: { ca: { secretName: 'x' } } } as AnyIssuer;
const ASKS = { 'cert-manager.io/cluster-issuer': 'ca' };

function judge(
  owner: Ingress,
  owned: readonly Certificate[] = [],
  issuer: AnyIssuer | undefined = CA,
): AnnotatedTakeover | undefined {
  const byName = new Map(owned.map((one) => [one.metadata.name, one]));
  const gathered = { owner, owned, request: ingressRequest(owner), certificate: (name: string) => byName.get(name) };
  const ownZone = parseDomainName('auth.example.net');
  return judgeAnnotated(gathered, { issuerOf: () => issuer, ownZone, options: defaultShimOptions })?.takeover;
}

test('an Ingress that asks for nothing is passed over', () => {
  assert.equal(judge(ingress({}, ['a'])), undefined);
});

test('what is made, changed, deleted and left', () => {
  const owned = [certificate('a'), certificate('b', 'else.example.org'), certificate('c')];
  assert.deepEqual(judge(ingress(ASKS, ['a', 'b', 'd']), owned), {
    kind: 'Ingress',
    namespace: 'web',
    name: 'shop',
    issuer: 'ClusterIssuer ca',
    kept: ['a'],
    made: ['d'],
    changed: ['b'],
    deleted: ['c'],
    problems: [],
    notes: [],
  });
});

test('what cannot be understood leaves everything as it is, and says why', () => {
  const found = judge(ingress({ ...ASKS, 'cert-manager.io/duration': '90d' }, ['a', 'b']), [certificate('a')]);
  assert.deepEqual([found?.kept, found?.made, found?.issuer], [['a'], [], undefined]);
  assert.match(found?.problems.join() ?? '', /^the annotation cert-manager\.io\/duration is "90d"/);
});

test('an issuer that is not built is told once, also of what is there already', () => {
  const vault = { ...CA, spec: { vault: {} } } as unknown as AnyIssuer;
  const found = judge(ingress(ASKS, ['a', 'b']), [certificate('a')], vault);
  assert.deepEqual(found?.problems.length, 1);
  assert.match(found?.problems[0] ?? '', /^ClusterIssuer ca is of the type vault, which evercert does not have; ask/);
});

test('annotations without effect are told together', () => {
  const annotations = {
    ...ASKS,
    'acme.cert-manager.io/http01-ingress-class': 'nginx',
    'acme.cert-manager.io/http01-edit-in-place': 'true',
    'venafi.cert-manager.io/custom-fields': '[]',
  };
  const notes = judge(ingress(annotations, ['a']))?.notes ?? [];
  assert.equal(notes.length, 2);
  assert.match(notes[0] ?? '', /^acme\S+http01-ingress-class, acme\S+http01-edit-in-place: kept .* DNS-01 alone/);
  assert.match(notes[1] ?? '', /^venafi\.cert-manager\.io\/custom-fields: kept/);
});
