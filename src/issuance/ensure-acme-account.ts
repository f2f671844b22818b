import { openAccount, registerAccount } from '../acme/account.ts';
import type { AcmeSession, Registration } from '../acme/account.ts';
import type { AcmeClient } from '../acme/client.ts';
import { generateKey } from '../pki/key.ts';
import type { EventSink } from '../telemetry/event.ts';
import type { AcmeAccountStore } from './ports.ts';

export interface AccountOptions {
  readonly client: AcmeClient;
  readonly store: AcmeAccountStore;
  readonly contact?: readonly string[] | undefined;
  readonly externalAccountBinding?: Registration['externalAccountBinding'];
  /** The certificate that the account is needed for first; only for the event. */
  readonly certificate: string;
  readonly emit: EventSink;
  /** The CA has forgotten the account (accountDoesNotExist): it is registered anew, with the same key. */
  readonly again?: boolean | undefined;
}

/**
 * The account at the client's CA, ready to use. Without one it is registered: the key is stored before newAccount is sent, so that a
 * crash leaves no account that nobody has the key of, and asking again with that key finds the account (RFC 8555 section 7.3.1).
 */
export async function ensureAcmeAccount(options: AccountOptions, signal: AbortSignal): Promise<AcmeSession> {
  const { client, store, contact, externalAccountBinding, certificate, emit } = options;
  const ca = client.directoryUrl;
  const stored = await store.loadAccount(ca);
  if (stored?.url !== undefined && options.again !== true) {
    return openAccount(client, { privateKey: stored.privateKey, url: stored.url });
  }
  const privateKey = stored?.privateKey ?? (await generateKey('P-256'));
  await store.saveAccount(ca, { privateKey, url: undefined });
  const registration = { privateKey, contact, termsOfServiceAgreed: true as const, externalAccountBinding };
  const session = await registerAccount(client, registration, signal);
  await store.saveAccount(ca, { privateKey, url: session.accountUrl });
  emit({ type: 'account.registered', certificate, ca, account: session.accountUrl });
  return session;
}
