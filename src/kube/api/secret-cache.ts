import type { Clock } from '../../core/clock.ts';
import type { KubeClient } from './client.ts';
import type { KubeObject, ObjectKey } from './object.ts';
import type { Secret } from './secret.ts';

export interface SecretCacheOptions {
  readonly namespace?: string | undefined;
  readonly clock: Clock;
  readonly onError?: (error: unknown) => void;
}

/**
 * Secrets, without keeping those of others in memory: in full only what is labelled `controller.cert-manager.io/fao: "true"`, of all others the
 * metadata. So memory grows with our own certificates and not with what else is in the cluster.
 */
export interface SecretCache {
  /** From memory when it is ours; otherwise read from the server, and only when its metadata says that it is there. */
  read(key: ObjectKey, signal: AbortSignal): Promise<Secret | undefined>;
  /** Metadata of any Secret. */
  metadata(key: string | ObjectKey): KubeObject | undefined;
  /** Of the Secrets with the label only. */
  list(namespace?: string): readonly Secret[];
  readonly synced: Promise<void>;
  isSynced(): boolean;
  /** Any Secret made, changed or deleted; only the key, since the data may not be in memory. */
  onChange(listener: (key: string) => void): () => void;
  run(signal: AbortSignal): Promise<void>;
  upsert(secret: Secret): void;
}

export function createSecretCache(client: KubeClient, options: SecretCacheOptions): SecretCache {
  throw new Error(`not yet: ${String([client, options])}`);
}
