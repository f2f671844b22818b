import { writeFileSync } from 'node:fs';

/** What POST /register of an acme-dns server answers. */
interface AcmeDnsAccount {
  readonly username: string;
  readonly password: string;
  readonly fulldomain: string;
  readonly subdomain: string;
  readonly allowfrom: readonly string[];
}

/** Registers one account per domain, as a person does with curl, and writes the account file that the clients share. */
export async function registerAcmeDnsAccounts(
  server: string,
  domains: readonly string[],
  file: string,
): Promise<ReadonlyMap<string, string>> {
  const accounts: Record<string, AcmeDnsAccount & { server_url: string }> = {};
  for (const domain of domains) {
    const response = await fetch(`${server}/register`, { method: 'POST' });
    if (response.status !== 201) throw new Error(`${server}/register answered ${response.status}`);
    accounts[domain] = { ...((await response.json()) as AcmeDnsAccount), server_url: server };
  }
  writeFileSync(file, JSON.stringify(accounts), { mode: 0o600 });
  return new Map(domains.map((domain) => [domain, accounts[domain]?.fulldomain ?? '']));
}
