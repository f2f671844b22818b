import { createHash } from 'node:crypto';
import { getAccount, openAccount, registerAccount, updateContact } from '../acme/account.ts';
import { createAcmeClient } from '../acme/client.ts';
import type { AcmeClient } from '../acme/client.ts';
import type { Exchange } from '../acme/http.ts';
import { getRenewalInfo } from '../acme/renewal-info.ts';
import type { Clock } from '../core/clock.ts';
import { acmeCalls } from '../issuance/acme-calls.ts';
import type { AcmeCalls } from '../issuance/acme-calls.ts';
import type { AcmeAccess, AcmeServer } from '../kube/acme/acme-access.ts';
import { environmentProxy } from './environment-proxy.ts';
import { version } from './version.ts';

export interface KubeAcmeAccess extends AcmeAccess {
  close(): Promise<void>;
}

/** ACME as the controllers of a cluster use it: one client for each server, one session for each account. */
export function openKubeAcmeAccess(options: {
  readonly clock: Clock;
  readonly observe?: ((exchange: Exchange) => void) | undefined;
}): KubeAcmeAccess {
  const clients = new Map<string, AcmeClient>();
  const accounts = new Map<string, AcmeCalls>();

  function clientFor({ directoryUrl, trust, trustAnyone }: AcmeServer): AcmeClient {
    const id = JSON.stringify([directoryUrl, trust, trustAnyone]);
    const known = clients.get(id);
    if (known !== undefined) return known;
    const userAgent = `evercert/${version()}`;
    const proxyFor = environmentProxy;
    const made = createAcmeClient({ ...options, directoryUrl, trust, trustAnyone, userAgent, proxyFor });
    clients.set(id, made);
    return made;
  }

  return {
    async register(server, { privateKey, email, externalAccount }, signal) {
      const client = clientFor(server);
      const contact = email === undefined ? [] : [email];
      const registration = {
        privateKey,
        contact,
        termsOfServiceAgreed: true as const,
        externalAccountBinding: externalAccount,
      };
      const session = await registerAccount(client, registration, signal);
      // One that was there before keeps the contact it had (RFC 8555 section 7.3.1).
      if (email !== undefined && !(await getAccount(session, signal)).contact.includes(`mailto:${email}`)) {
        await updateContact(session, contact, signal);
      }
      return session.accountUrl;
    },
    async changeEmail(server, { privateKey, uri }, email, signal) {
      const session = openAccount(clientFor(server), { privateKey, url: uri });
      await updateContact(session, email === undefined ? [] : [email], signal);
    },
    account(server, { privateKey, uri }) {
      const digest = createHash('sha256').update(privateKey).digest('base64');
      const id = JSON.stringify([server, uri, digest]);
      const known = accounts.get(id);
      if (known !== undefined) return known;
      const made = acmeCalls(openAccount(clientFor(server), { privateKey, url: uri }));
      accounts.set(id, made);
      return made;
    },
    renewalInfo: (server, certificateId, signal) => getRenewalInfo(clientFor(server), certificateId, signal),
    async close() {
      await Promise.all([...clients.values()].map((client) => client.close()));
    },
  };
}
