import { createSigningKey, signJws } from './jws.ts';
import { AcmeError } from './problem.ts';
import { createSession } from './session.ts';
import type { AcmeSession } from './session.ts';

/**
 * Gives the account a new key (RFC 8555 section 7.3.5). Save the new key BEFORE the call and keep the old one until it returns: after
 * a crash in between, `registerAccount` with onlyReturnExisting tells which of the two the CA knows. Repeating is harmless.
 * @throws AcmeError `acme-conflict` when the new key belongs to another account
 */
export async function changeAccountKey(
  session: AcmeSession,
  newPrivateKey: string,
  signal: AbortSignal,
): Promise<AcmeSession> {
  const newKey = createSigningKey(newPrivateKey);
  const changed = createSession(session.client, newKey, session.accountUrl);
  if (newKey.thumbprint === session.thumbprint) return changed;
  // The inner JWS shows that the new key is ours: signed by it, without a nonce, for the same URL.
  const payload = async (url: string): Promise<object> =>
    await signJws(
      newKey,
      { alg: newKey.algorithms[0], jwk: newKey.jwk, url },
      { account: session.accountUrl, oldKey: session.key.jwk },
    );
  try {
    await session.post({ target: 'keyChange', payload, doing: 'change the account key' }, signal);
    return changed;
  } catch (error) {
    if (signal.aborted || !(error instanceof AcmeError) || !(await isChanged(changed, error, signal))) throw error;
    return changed;
  }
}

/** An answer that was lost, or a second call, finds the change done already: then the CA takes the new key. */
async function isChanged(changed: AcmeSession, error: AcmeError, signal: AbortSignal): Promise<boolean> {
  const undecided: readonly string[] = [
    'acme-conflict',
    'acme-unauthorized',
    'acme-malformed',
    'acme-account-does-not-exist',
    'acme-bad-response',
    'acme-timeout',
    'acme-unreachable',
  ];
  if (!undecided.includes(error.code)) return false;
  try {
    await changed.post({ target: { url: changed.accountUrl }, payload: undefined, doing: 'read the account' }, signal);
    return true;
  } catch {
    return false;
  }
}
