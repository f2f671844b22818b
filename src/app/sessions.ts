import type { AcmeSession } from '../acme/account.ts';
import { createAcmeClient } from '../acme/client.ts';
import type { AcmeClient } from '../acme/client.ts';
import type { LoadedConfig } from '../config/config.ts';
import type { Clock } from '../core/clock.ts';
import { ensureAcmeAccount } from '../issuance/ensure-acme-account.ts';
import type { AcmeAccountStore } from '../issuance/ports.ts';
import type { EventSink } from '../telemetry/event.ts';
import { version } from './version.ts';
import { waitForShared } from './wait-for-shared.ts';

export interface SessionOptions {
  readonly loaded: LoadedConfig;
  readonly accounts: AcmeAccountStore;
  readonly clock: Clock;
  readonly emit: EventSink;
}

/** One client and one account per CA, opened when first needed. */
export interface Sessions {
  client(ca: string): AcmeClient;
  /** The account at a CA, registered when there is none; `again` when the CA has forgotten it. */
  session(ca: string, certificate: string, signal: AbortSignal, again?: boolean): Promise<AcmeSession>;
  close(): Promise<void>;
}

export function openSessions({ loaded, accounts, clock, emit }: SessionOptions): Sessions {
  const clients = new Map<string, AcmeClient>();
  const sessions = new Map<string, Promise<AcmeSession>>();
  // Not the signal of whoever happens to be the first: others wait for the same account.
  const life = new AbortController();

  function client(ca: string): AcmeClient {
    const known = clients.get(ca);
    if (known !== undefined) return known;
    const { trust } = loaded.config.acme;
    const created = createAcmeClient({ directoryUrl: ca, trust, userAgent: `evercert/${version()}`, clock });
    clients.set(ca, created);
    return created;
  }

  function open(ca: string, certificate: string, again: boolean): Promise<AcmeSession> {
    const { contact } = loaded.config.acme;
    const externalAccountBinding = externalAccountOf(loaded);
    const account = { client: client(ca), store: accounts, contact, externalAccountBinding, certificate, emit, again };
    const opening = ensureAcmeAccount(account, life.signal);
    sessions.set(ca, opening);
    // Shared by all who need it; one that failed is tried anew by the next.
    opening.catch(() => {
      if (sessions.get(ca) === opening) sessions.delete(ca);
    });
    return opening;
  }

  async function session(ca: string, certificate: string, signal: AbortSignal, again = false): Promise<AcmeSession> {
    const known = again ? undefined : sessions.get(ca);
    return await waitForShared(known ?? open(ca, certificate, again), signal);
  }

  async function close(): Promise<void> {
    life.abort(new DOMException('the sessions were closed', 'AbortError'));
    await Promise.allSettled(sessions.values());
    await Promise.all([...clients.values()].map((one) => one.close()));
  }
  return { client, session, close };
}

function externalAccountOf({ config, secrets }: LoadedConfig) {
  const { externalAccount } = config.acme;
  if (externalAccount === undefined || secrets.externalAccountHmacKey === undefined) return undefined;
  return { ...externalAccount, hmacKey: secrets.externalAccountHmacKey.reveal() };
}
