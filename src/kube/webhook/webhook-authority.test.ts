import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { describe, test } from 'node:test';
import { KubeError } from '../api/kube-error.ts';
import type { Secret } from '../api/secret.ts';
import { isFresh, newServerCertificate, readWebhookAuthority } from './webhook-authority.ts';

const NOW = Date.parse('2027-01-01T00:00:00Z');
const DAY = 86_400_000;
const { signal } = new AbortController();

type Client = Parameters<typeof readWebhookAuthority>[0];

/** One Secret, as an API server keeps it. */
function fakeServer(): {
  client: Client;
  secret: () => Secret | undefined;
  beforeWrite: (act: () => Promise<void>) => void;
} {
  let kept: Secret | undefined;
  let version = 0;
  let meanwhile: (() => Promise<void>) | undefined;
  const write = async (draft: object, expected: string | undefined): Promise<Secret> => {
    const act = meanwhile;
    meanwhile = undefined;
    await act?.();
    if (expected !== kept?.metadata.resourceVersion)
      throw new KubeError(kept === undefined || expected !== undefined ? 'kube-conflict' : 'kube-exists', 'x');
    version += 1;
    const { metadata, ...body } = draft as Secret;
    kept = { ...body, apiVersion: 'v1', kind: 'Secret', metadata: { ...metadata, resourceVersion: String(version) } };
    return kept;
  };
  const client = {
    get: async () => structuredClone(kept),
    create: async (_: unknown, draft: object) => write(draft, undefined),
    update: async (_: unknown, draft: object) => write(draft, (draft as Secret).metadata.resourceVersion),
  } as unknown as Client;
  return { client, secret: () => kept, beforeWrite: (act) => void (meanwhile = act) };
}

describe('the CA of the webhook', () => {
  test('is made once, kept in a Secret, and shared', async () => {
    const { client, secret } = fakeServer();
    const first = await readWebhookAuthority(client, 'evercert', NOW, signal);
    assert.equal(secret()?.metadata.name, 'evercert-webhook-ca');
    assert.equal(secret()?.type, 'kubernetes.io/tls');
    assert.deepEqual(await readWebhookAuthority(client, 'evercert', NOW + 200 * DAY, signal), first);
  });

  test('two instances at once end with the same one', async () => {
    const { client, beforeWrite } = fakeServer();
    let other: unknown;
    beforeWrite(async () => void (other = await readWebhookAuthority(client, 'evercert', NOW, signal)));
    assert.deepEqual(await readWebhookAuthority(client, 'evercert', NOW, signal), other);
  });

  test('is replaced when a third of its life is left, and the old one is trusted on', async () => {
    const { client } = fakeServer();
    const names = ['evercert-webhook.evercert.svc', '127.0.0.1'];
    const old = await readWebhookAuthority(client, 'evercert', NOW, signal);
    const shown = await newServerCertificate(old, names, NOW);
    const later = NOW + 250 * DAY;
    const next = await readWebhookAuthority(client, 'evercert', later, signal);
    assert.notEqual(next.authority.certificate, old.authority.certificate);
    assert.equal(next.trust, next.authority.certificate + old.authority.certificate);
    const leaf = new X509Certificate(shown.cert);
    assert.ok(leaf.verify(new X509Certificate(old.authority.certificate).publicKey));
    assert.ok(
      new X509Certificate((await newServerCertificate(next, names, later)).cert).verify(
        new X509Certificate(next.authority.certificate).publicKey,
      ),
    );
  });

  test('a Secret that was emptied is named', async () => {
    const { client } = fakeServer();
    await readWebhookAuthority(client, 'evercert', NOW, signal);
    const found = await client.get({} as never, {} as never, { signal });
    await client.update({} as never, { ...found, data: {} } as never, { signal });
    await assert.rejects(readWebhookAuthority(client, 'evercert', NOW, signal), {
      code: 'invalid-certificate',
      message: 'the Secret evercert/evercert-webhook-ca has no tls.crt; delete it, and a new one is made',
    });
  });
});

test('the certificate of the server is for its names, and fresh for two thirds of its life', async () => {
  const { client } = fakeServer();
  const authority = await readWebhookAuthority(client, 'evercert', NOW, signal);
  const { cert, notAfter } = await newServerCertificate(authority, ['evercert-webhook.evercert.svc', '127.0.0.1'], NOW);
  const leaf = new X509Certificate(cert);
  assert.equal(leaf.checkHost('evercert-webhook.evercert.svc'), 'evercert-webhook.evercert.svc');
  assert.equal(leaf.checkIP('127.0.0.1'), '127.0.0.1');
  assert.equal(notAfter, NOW + 90 * DAY);
  assert.equal(isFresh(cert, NOW + 59 * DAY), true);
  assert.equal(isFresh(cert, NOW + 61 * DAY), false);
});
