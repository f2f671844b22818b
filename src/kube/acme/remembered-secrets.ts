import { formatKey } from '../api/object.ts';
import type { ObjectKey } from '../api/object.ts';
import type { Secret } from '../api/secret.ts';
import type { SecretCache } from '../api/secret-cache.ts';

export type ReadSecret = (key: ObjectKey, signal: AbortSignal) => Promise<Secret | undefined>;

/** More issuers than this at work at once read their Secrets more often. */
const MOST = 1000;

/** Reads a Secret again only when it has changed: the few that issuers name are needed at every step of every order. */
export function rememberSecrets(secrets: Pick<SecretCache, 'read' | 'metadata'>): ReadSecret {
  const known = new Map<string, Secret>();
  return async (key, signal) => {
    const id = formatKey(key);
    const version = secrets.metadata(id)?.metadata.resourceVersion;
    const kept = known.get(id);
    if (version !== undefined && kept?.metadata.resourceVersion === version) return kept;
    const secret = await secrets.read(key, signal);
    if (known.size >= MOST) known.clear();
    if (secret === undefined) known.delete(id);
    else known.set(id, secret);
    return secret;
  };
}
