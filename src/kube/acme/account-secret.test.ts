import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { KubeClient } from '../api/client.ts';
import { KubeError } from '../api/kube-error.ts';
import { secretBytes, secretData, secrets } from '../api/secret.ts';
import { createFakeDeps } from '../testing/fake-deps.ts';
import { openAccountSecret } from './account-secret.ts';

const AT = { namespace: 'default', name: 'accounts', key: 'acmedns.json' };
const signal = (): AbortSignal => AbortSignal.timeout(5000);

function world(client?: (real: KubeClient) => KubeClient) {
  const kube = createFakeDeps();
  const deps = {
    client: client?.(kube.deps.client) ?? kube.deps.client,
    secrets: kube.deps.secrets,
    readSecret: kube.deps.secrets.read,
  };
  const text = () => {
    const bytes = secretBytes(kube.get(secrets, AT.name) ?? {}, AT.key);
    return bytes && Buffer.from(bytes).toString();
  };
  return { kube, text, secret: openAccountSecret(AT, deps) };
}

describe('a text in a Secret', () => {
  test('where there is no Secret it is made', async () => {
    const { secret, text } = world();
    assert.equal(await secret.read(signal()), undefined);
    await secret.change((before) => `${before ?? 'nothing'}+one`, signal());
    assert.equal(text(), 'nothing+one');
    assert.equal(await secret.read(signal()), 'nothing+one');
    assert.match(secret.path, /^the key "acmedns\.json" of the Secret default\/accounts$/);
  });

  test('other keys stay', async () => {
    const { kube, secret, text } = world();
    kube.put(secrets, { metadata: { name: AT.name }, data: secretData({ other: 'x', [AT.key]: 'a' }) });
    await secret.change((before) => `${before}b`, signal());
    assert.equal(text(), 'ab');
    assert.deepEqual(Object.keys(kube.get(secrets, AT.name)?.data ?? {}), ['other', AT.key]);
  });

  test('changes at once all count', async () => {
    const { secret, text } = world();
    await Promise.all([1, 2, 3, 4].map((digit) => secret.change((before = '') => before + digit, signal())));
    assert.equal(text(), '1234');
  });

  test('somebody else was faster: it is done again on what he wrote', async () => {
    let others = 0;
    const { secret, text, kube } = world((real) => ({
      ...real,
      async patch(resource, key, patch, options) {
        others += 1;
        if (others > 2) return real.patch(resource, key, patch, options);
        kube.put(secrets, { metadata: { name: AT.name }, data: secretData({ [AT.key]: `other${others}` }) });
        throw new KubeError('kube-conflict', 'it was changed');
      },
    }));
    kube.put(secrets, { metadata: { name: AT.name }, data: secretData({ [AT.key]: 'first' }) });
    await secret.change((before) => `${before}+ours`, signal());
    assert.equal(text(), 'other2+ours');
  });

  test('what cannot be written is said, and the next change is not held up by it', async () => {
    let fails = true;
    const { secret, text } = world((real) => ({
      ...real,
      async create(resource, object, options) {
        if (fails) throw new KubeError('kube-forbidden', 'secrets is forbidden');
        return real.create(resource, object, options);
      },
    }));
    await assert.rejects(
      secret.change(() => 'one', signal()),
      { code: 'kube-forbidden' },
    );
    fails = false;
    await secret.change(() => 'two', signal());
    assert.equal(text(), 'two');
  });
});
