import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import type { KubeObject } from '../api/object.ts';
import { secrets } from '../api/secret.ts';
import type { Secret } from '../api/secret.ts';
import { conditionOf } from '../conditions.ts';
import { certificateRequestResource } from '../schema/certificate-request.ts';
import { certificateResource } from '../schema/certificate.ts';
import { ownedFields } from '../secret/owned-fields.ts';
import { SECRET_MANAGER } from '../secret/secret-names.ts';
import { createFakeDeps } from '../testing/fake-deps.ts';
import { createIssuancePace } from './issuance-pace.ts';
import { createKeyWorkshop } from './key-workshop.ts';
import { createNextKeys } from './next-keys.ts';
import { createOwnWrites } from './own-writes.ts';
import { reconcileCertificate } from './reconcile-certificate.ts';
import { createSecretKeeper } from './secret-keeper.ts';

// Objects as cert-manager left them, with the owners of each field: what evercert finds when it takes its place.

function recorded(file: string): KubeObject[] {
  const text = readFileSync(new URL(`../../../test/fixtures/${file}`, import.meta.url), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as KubeObject);
}

const OBJECTS = recorded('cert-manager-objects.jsonl');

describe('what cert-manager has issued is taken over as it is', () => {
  for (const made of recorded('cert-manager-secrets.jsonl')) {
    const secret = secrets.parse(made);
    const name = secret.metadata.annotations?.['cert-manager.io/certificate-name'] ?? '';
    test(`${secret.metadata.name} of ${name}`, async () => {
      const world = createFakeDeps();
      const certificates = OBJECTS.filter(({ kind, metadata }) => kind === 'Certificate' && metadata.name === name);
      const { metadata, spec } = certificateResource.parse(certificates[0]);
      const request = OBJECTS.find(({ kind, ...object }) => kind === 'CertificateRequest' && isSource(object, secret));
      const revision = Number(request?.metadata.annotations?.['cert-manager.io/certificate-revision'] ?? 0);
      world.put(certificateResource, {
        metadata: { ...metadata, generation: undefined },
        // As it was last, when the Secret was recorded.
        spec: { ...spec, dnsNames: namesIn(secret), secretTemplate: templateIn(secret) },
        ...(revision > 0 && { status: { revision } }),
      });
      world.put(secrets, { ...secret });
      world.put(secrets, { metadata: { name: 'keystore-password' }, data: { password: 'Y2hhbmdlaXQ=' } });
      if (request !== undefined) {
        world.put(certificateRequestResource, { ...certificateRequestResource.parse(request) });
      }
      const ownWrites = createOwnWrites({ wake: () => {}, versionOf: () => undefined });
      const deps = {
        ...world.deps,
        ownWrites,
        nextKeys: createNextKeys(world.deps.secrets),
        workshop: createKeyWorkshop({ generate: async () => '', slots: 1 }),
        keeper: createSecretKeeper({ ...world.deps, ownWrites }),
        pace: createIssuancePace(),
        wake: () => {},
      };
      await reconcileCertificate(deps, `default/${name}`, new AbortController().signal);
      const touched = world.writes.filter((write) => write !== `status Certificate/${name}`);
      assert.deepEqual(touched, []);
      const after = world.get(certificateResource, name);
      assert.equal(conditionOf(after?.status?.conditions, 'Ready')?.status, 'True');
      assert.equal(conditionOf(after?.status?.conditions, 'Issuing'), undefined);
      assert.ok(after?.status?.renewalTime);
    });
  }
});

/** Whether the certificate in the Secret came from this request. */
function isSource(object: object, { data }: Secret): boolean {
  const { status } = object as { status?: { certificate?: string } };
  return status?.certificate !== undefined && status.certificate === data?.['tls.crt'];
}

function namesIn({ metadata }: Secret): string[] {
  return (metadata.annotations?.['cert-manager.io/alt-names'] ?? '').split(',').filter((name) => name !== '');
}

function templateIn({ metadata }: Secret): { labels: Record<string, string>; annotations: Record<string, string> } {
  const owned = ownedFields(metadata.managedFields, SECRET_MANAGER);
  const own = (entries: Readonly<Record<string, string>> | undefined, names: ReadonlySet<string>) =>
    Object.fromEntries(
      Object.entries(entries ?? {}).filter(
        ([name]) => names.has(name) && !/^(controller\.)?cert-manager\.io\//.test(name),
      ),
    );
  return { labels: own(metadata.labels, owned.labels), annotations: own(metadata.annotations, owned.annotations) };
}
