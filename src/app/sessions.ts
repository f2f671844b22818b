import { createHash } from 'node:crypto';
import type { AcmeSession } from '../acme/account.ts';
import { createAcmeClient } from '../acme/client.ts';
import type { AcmeClient } from '../acme/client.ts';
import type { LoadedConfig } from '../config/config.ts';
import type { Clock } from '../core/clock.ts';
import { ensureAcmeAccount } from '../issuance/ensure-acme-account.ts';
import type { EventSink } from '../telemetry/event.ts';
import type { DataFolder } from './data-folder.ts';
import { environmentProxy } from './environment-proxy.ts';
import { version } from './version.ts';
import { waitForShared } from './wait-for-shared.ts';

export interface SessionOptions {
  readonly loaded: LoadedConfig;
  /** Where the accounts are kept; asked when the first is needed. */
  readonly folder: () => Pick<DataFolder, 'acmeAccounts' | 'tryWorkLock'>;
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

/** How soon it is looked again whether another process is done with an account, in ms. */
const LOOK_AGAIN_AFTER = 200;

export function openSessions({ loaded, folder, clock, emit }: SessionOptions): Sessions {
  const clients = new Map<string, AcmeClient>();
  const sessions = new Map<string, Promise<AcmeSession>>();
  // Not the signal of whoever happens to be the first: others wait for the same account.
  const life = new AbortController();

  function client(ca: string): AcmeClient {
    const known = clients.get(ca);
    if (known !== undefined) return known;
    const { trust } = loaded.config.acme;
    const userAgent = `evercert/${version()}`;
    const created = createAcmeClient({ directoryUrl: ca, trust, userAgent, clock, proxyFor: environmentProxy });
    clients.set(ca, created);
    return created;
  }

  function open(ca: string, certificate: string, again: boolean): Promise<AcmeSession> {
    const { contact } = loaded.config.acme;
    const externalAccountBinding = externalAccountOf(loaded);
    const account = { client: client(ca), contact, externalAccountBinding, certificate, emit, again };
    const opening = alone(ca, () => ensureAcmeAccount({ ...account, store: folder().acmeAccounts }, life.signal));
    sessions.set(ca, opening);
    // Shared by all who need it; one that failed is tried anew by the next.
    opening.catch(() => {
      if (sessions.get(ca) === opening) sessions.delete(ca);
    });
    return opening;
  }

  /** Of two processes that need an account, the second one finds what the first one has registered. */
  async function alone<T>(ca: string, work: () => Promise<T>): Promise<T> {
    const name = `acme-account-${createHash('sha256').update(ca).digest('hex').slice(0, 16)}`;
    for (;;) {
      const lock = await folder().tryWorkLock(name);
      if (lock === undefined) {
        await clock.sleep(LOOK_AGAIN_AFTER, life.signal);
        continue;
      }
      try {
        return await work();
      } finally {
        await lock.release();
      }
    }
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
