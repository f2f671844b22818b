import type { AcmeSession } from '../acme/account.ts';
import { createAcmeClient } from '../acme/client.ts';
import type { AcmeClient } from '../acme/client.ts';
import type { LoadedConfig } from '../config/config.ts';
import type { Clock } from '../core/clock.ts';
import { ensureAcmeAccount } from '../issuance/ensure-acme-account.ts';
import type { EventSink } from '../telemetry/event.ts';
import type { DataFolder } from './data-folder.ts';
import { version } from './version.ts';

export interface SessionOptions {
  readonly loaded: LoadedConfig;
  readonly folder: DataFolder;
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

export function openSessions({ loaded, folder, clock, emit }: SessionOptions): Sessions {
  const clients = new Map<string, AcmeClient>();
  const sessions = new Map<string, Promise<AcmeSession>>();

  function client(ca: string): AcmeClient {
    const known = clients.get(ca);
    if (known !== undefined) return known;
    const { trust } = loaded.config.acme;
    const created = createAcmeClient({ directoryUrl: ca, trust, userAgent: `evercert/${version()}`, clock });
    clients.set(ca, created);
    return created;
  }

  function session(ca: string, certificate: string, signal: AbortSignal, again = false): Promise<AcmeSession> {
    const known = sessions.get(ca);
    if (known !== undefined && !again) return known;
    const { contact } = loaded.config.acme;
    const account = { client: client(ca), store: folder.acmeAccounts, contact, certificate, emit, again };
    // Shared by all who need it while it is under way; one that failed is not kept.
    const opening = ensureAcmeAccount({ ...account, externalAccountBinding: externalAccountOf(loaded) }, signal);
    sessions.set(ca, opening);
    opening.catch(() => {
      if (sessions.get(ca) === opening) sessions.delete(ca);
    });
    return opening;
  }

  const close = async () => {
    await Promise.all([...clients.values()].map((one) => one.close()));
  };
  return { client, session, close };
}

function externalAccountOf({ config, secrets }: LoadedConfig) {
  const { externalAccount } = config.acme;
  if (externalAccount === undefined || secrets.externalAccountHmacKey === undefined) return undefined;
  return { ...externalAccount, hmacKey: secrets.externalAccountHmacKey.reveal() };
}
