import type { Clock } from '../../core/clock.ts';
import type { KubeClient } from './client.ts';
import { metadataOf } from './define-resource.ts';
import { createInformer } from './informer.ts';
import { formatKey, parseKey } from './object.ts';
import type { KubeObject, ObjectKey } from './object.ts';
import { isNewer } from './resource-version.ts';
import { secrets } from './secret.ts';
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
  /** From memory when it is ours; otherwise read from the server, and only when its metadata says that it is there, or was a moment ago. */
  read(key: string | ObjectKey, signal: AbortSignal): Promise<Secret | undefined>;
  /** Metadata of any Secret. */
  metadata(key: string | ObjectKey): KubeObject | undefined;
  /** Of the Secrets with the label only. */
  list(namespace?: string): readonly Secret[];
  readonly synced: Promise<void>;
  isSynced(): boolean;
  /** Any Secret made, changed or deleted; only the key, since the data may not be in memory. */
  onChange(listener: (key: string) => void): () => void;
  run(signal: AbortSignal): Promise<void>;
  /** What a write of ours returned. */
  upsert(secret: Secret): void;
}

const LABEL = 'controller.cert-manager.io/fao';
/** So many that have left a selection are remembered: far more than leave in the moment that the other watch may be behind. */
const MOST_DEPARTED = 1000;

export function createSecretCache(
  client: Pick<KubeClient, 'list' | 'watch' | 'get'>,
  { namespace, clock, onError }: SecretCacheOptions,
): SecretCache {
  const more = onError === undefined ? {} : { onError };
  const ours = createInformer(client, secrets, {
    namespace,
    clock,
    labelSelector: `${LABEL}=true`,
    // Which fields are ours says what has to be put right in a Secret.
    keepManagedFields: true,
    ...more,
  });
  const others = createInformer(client, metadataOf(secrets), {
    namespace,
    clock,
    // Exactly what the other one does not have; `!=` also takes those without the label.
    labelSelector: `${LABEL}!=true`,
    transform: onlyWhatIsLookedAt,
    ...more,
  });

  /**
   * Those that left one of the two, and are in none. Deleted perhaps; or labelled or unlabelled, and the other watch has not heard of it yet:
   * who took that for deleted would issue anew.
   */
  const departed = new Set<string>();
  const follow = (key: string): void => {
    departed.delete(key);
    if (ours.get(key) !== undefined || others.get(key) !== undefined) return;
    departed.add(key);
    if (departed.size > MOST_DEPARTED) departed.delete(departed.values().next().value ?? '');
  };
  ours.onChange(follow);
  others.onChange(follow);

  /** Labelled or unlabelled a moment ago, it may be in both for an instant: the newer one is right. */
  function newest(key: string): { readonly full?: Secret; readonly meta?: KubeObject } {
    const full = ours.get(key);
    const meta = others.get(key);
    if (full === undefined) return meta === undefined ? {} : { meta };
    return meta !== undefined && isNewer(meta.metadata.resourceVersion, full.metadata.resourceVersion)
      ? { meta }
      : { full };
  }

  return {
    async read(key, signal) {
      const text = typeof key === 'string' ? key : formatKey(key);
      const { full, meta } = newest(text);
      if (full !== undefined) return full;
      if (meta === undefined && !departed.has(text)) return undefined;
      const read = await client.get(secrets, parseKey(text), { signal });
      if (read === undefined) departed.delete(text);
      return read;
    },
    metadata(key) {
      const { full, meta } = newest(typeof key === 'string' ? key : formatKey(key));
      return full ?? meta;
    },
    list: (where) => ours.list(where),
    synced: Promise.all([ours.synced, others.synced]).then(() => {}),
    isSynced: () => ours.isSynced() && others.isSynced(),
    onChange(listener) {
      const ends = [ours.onChange((key) => listener(key)), others.onChange((key) => listener(key))];
      return () => {
        for (const end of ends) end();
      };
    },
    async run(signal) {
      await Promise.all([ours.run(signal), others.run(signal)]);
    },
    upsert(secret) {
      // In the wrong one of the two it would stay for ever: its watch never hears of it.
      if (secret.metadata.labels?.[LABEL] === 'true') ours.upsert(secret);
      else others.upsert(onlyMetadata(secret));
    },
  };
}

function onlyMetadata({ apiVersion, kind, metadata }: KubeObject): KubeObject {
  return { apiVersion, kind, metadata };
}

/** Helm keeps whole releases in annotations of Secrets, and kubectl whole manifests: nothing that we look at. */
function onlyWhatIsLookedAt(object: KubeObject): KubeObject {
  const { annotations = {}, ...metadata } = object.metadata;
  const kept = Object.entries(annotations).filter(([name]) => /cert-manager\.io\//.test(name));
  return { ...onlyMetadata(object), metadata: { ...metadata, annotations: Object.fromEntries(kept) } };
}
