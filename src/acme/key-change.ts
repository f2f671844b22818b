import { getAccount } from './account.ts';
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
  } catch (error) {
    // A second call, or one whose answer was lost, finds the change done already: then the CA takes the new key.
    if (error instanceof AcmeError && (await refusalOf(changed, signal)) === undefined) return changed;
    throw error;
  }
  const refusal = await refusalOf(changed, signal);
  if (refusal === undefined) return changed;
  // Without an answer nothing is known yet.
  throw refusal.status === undefined ? refusal : unproven(session, refusal);
}

/** What the CA says against the new key; undefined when it takes it. */
async function refusalOf(changed: AcmeSession, signal: AbortSignal): Promise<AcmeError | undefined> {
  try {
    await getAccount(changed, signal);
    return undefined;
  } catch (error) {
    if (error instanceof AcmeError) return error;
    throw error;
  }
}

/** Pebble answers 200 although it changed nothing when the new key belongs to another account: a key counts only once it was taken. */
function unproven(session: AcmeSession, refusal: AcmeError): AcmeError {
  const { host } = new URL(session.accountUrl);
  const message =
    `the CA at ${host} answered that the account has the new key, but does not take it (${refusal.message}); ` +
    'keep both keys, and try again with a key that was never used';
  return new AcmeError('acme-conflict', message, { retry: { kind: 'backoff' }, cause: refusal });
}
