import type { KubeClient } from '../api/client.ts';
import { isKubeError } from '../api/kube-error.ts';
import { formatKey } from '../api/object.ts';
import { secretBytes, secretData, secrets } from '../api/secret.ts';
import type { Secret } from '../api/secret.ts';
import type { SecretCache } from '../api/secret-cache.ts';
import type { ReadSecret } from './remembered-secrets.ts';

/** One text in a Secret that several may change: people, other controllers, and we. */
export interface AccountSecret {
  /** For people: which Secret, and what in it. */
  readonly path: string;
  read(signal: AbortSignal): Promise<string | undefined>;
  /** Replaces the text by what `edit` makes of it; done again when somebody else was faster. Makes the Secret where there is none. */
  change(edit: (text: string | undefined) => string, signal: AbortSignal): Promise<void>;
}

export interface AccountSecretDeps {
  readonly client: KubeClient;
  readonly secrets: SecretCache;
  readonly readSecret: ReadSecret;
}

const MOST_TRIES = 10;

export function openAccountSecret(
  at: { readonly namespace: string; readonly name: string; readonly key: string },
  deps: AccountSecretDeps,
): AccountSecret {
  const { key, ...object } = at;
  let tail: Promise<unknown> = Promise.resolve();

  const textOf = (secret: Secret | undefined): string | undefined => {
    const bytes = secret && secretBytes(secret, key);
    return bytes === undefined ? undefined : Buffer.from(bytes).toString('utf8');
  };

  async function change(edit: (text: string | undefined) => string, signal: AbortSignal): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      const secret = await deps.client.get(secrets, object, { signal });
      const data = secretData({ [key]: edit(textOf(secret)) });
      try {
        deps.secrets.upsert(await write(secret, data, signal));
        return;
      } catch (error) {
        if (tries >= MOST_TRIES || !isKubeError(error, 'kube-conflict', 'kube-exists', 'kube-not-found')) throw error;
      }
    }
  }

  async function write(secret: Secret | undefined, data: Record<string, string>, signal: AbortSignal): Promise<Secret> {
    if (secret === undefined) {
      const labels = { 'app.kubernetes.io/managed-by': 'evercert' };
      return deps.client.create(secrets, { metadata: { ...object, labels }, type: 'Opaque', data }, { signal });
    }
    // Only this key, and only on what was read: other entries of the text must not be lost.
    const { resourceVersion } = secret.metadata;
    return deps.client.patch(
      secrets,
      object,
      { type: 'merge', body: { metadata: { resourceVersion }, data } },
      { signal },
    );
  }

  return {
    path: `the key "${key}" of the Secret ${formatKey(object)}`,
    read: async (signal) => textOf(await deps.readSecret(object, signal)),
    async change(edit, signal) {
      const changed = tail.then(() => change(edit, signal));
      tail = changed.catch(() => {});
      await changed;
    },
  };
}
