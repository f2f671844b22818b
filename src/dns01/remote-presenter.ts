import type { Clock } from '../core/clock.ts';
import { systemClock } from '../core/clock.ts';
import type { DomainName } from '../core/domain-name.ts';
import { parseDomainName } from '../core/domain-name.ts';
import { DomainError } from '../core/error.ts';
import type { ProxyFor } from '../core/proxy-of.ts';
import type { ChallengeAnswer } from '../issuance/order-record.ts';
import type { Presenter } from '../issuance/ports.ts';
import type { AcmeDnsAccount, AcmeDnsAccounts } from './account-map.ts';
import { type AccountUpdates, createAccountUpdates, tooMany } from './account-updates.ts';
import { createAcmeDnsClient } from './acme-dns-client.ts';
import type { AcmeDnsClient } from './acme-dns-client.ts';
import { answersByDomain } from './answers-by-domain.ts';
import { boundedMap } from './bounded-map.ts';
import type { LiveValues } from './live-values.ts';
import { remoteFault } from './remote-fault.ts';
import { createSerialByKey } from './serial-by-key.ts';
import { parseServerUrl } from './server-url.ts';
import type { ServerUrl } from './server-url.ts';

export interface RemotePresenterOptions {
  /** Base URL, with a path or user:password@ if the server wants them. */
  readonly server: string;
  readonly accounts: AcmeDnsAccounts;
  /** An account is used at the server that it says it was registered at, and only one that does not say so at `server`. */
  readonly followServerUrl?: boolean | undefined;
  /** PEM roots for this server, in place of the system's. */
  readonly trust?: string | undefined;
  /** Through which a server is reached; default is none. */
  readonly proxyFor?: ProxyFor | undefined;
  /** CIDR ranges that new accounts may be updated from; none means everywhere. */
  readonly allowFrom?: readonly string[] | undefined;
  /** ms for one HTTP call; default 30,000. */
  readonly timeout?: number | undefined;
  /** How many values the server keeps at one name; default 2, as acme-dns does. */
  readonly valuesPerName?: number | undefined;
  /** Asks DNS what is served. With it `present` proves its promise; without it a 200 of the server is believed. */
  readonly liveValues?: LiveValues | undefined;
  readonly clock?: Clock | undefined;
}

export interface RemotePresenter extends Presenter {
  /** How many answers can stand at one name at once. */
  readonly valuesPerName: number;
  close(): Promise<void>;
}

/** Accounts updated at the same time. */
const PARALLEL = 8;

/** Presents at any acme-dns server over HTTP(S). @throws DomainError `invalid-server-url` */
export function createRemotePresenter(options: RemotePresenterOptions): RemotePresenter {
  const { accounts } = options;
  const server = parseServerUrl(options.server);
  const clock = options.clock ?? systemClock;
  const valuesPerName = options.valuesPerName ?? 2;
  const client = clientOf(server);
  const elsewhere = new Map<string, AcmeDnsClient>();
  const byDomain = createSerialByKey();
  const byAccount = createSerialByKey();
  /** With the account as it was read last: a person may have mended its password meanwhile. */
  const updates = new Map<string, { account: AcmeDnsAccount; readonly made: AccountUpdates }>();

  function clientOf(where: ServerUrl): AcmeDnsClient {
    const { trust, proxyFor, timeout = 30_000 } = options;
    return createAcmeDnsClient({ server: where, trust, proxyFor, timeout });
  }

  function serverFor({ server_url }: AcmeDnsAccount): { readonly shown: string; readonly client: AcmeDnsClient } {
    const other = options.followServerUrl === true && server_url ? parseServerUrl(server_url) : server;
    if (other.shown === server.shown) return { shown: server.shown, client };
    const known = elsewhere.get(other.shown) ?? clientOf(other);
    elsewhere.set(other.shown, known);
    return { shown: other.shown, client: known };
  }

  /** Registers once per domain: the account is in the file before anyone hears of its name. */
  async function register(domain: DomainName, signal: AbortSignal): Promise<AcmeDnsAccount> {
    const known = await accounts.load(domain);
    if (known !== undefined) return known;
    const outcome = await client.register(options.allowFrom ?? [], signal);
    if (outcome.kind !== 'done') throw remoteFault(outcome, { ...callFor(domain), kind: 'register' });
    targetOf(domain, outcome.value);
    await accounts.save(domain, outcome.value);
    return outcome.value;
  }

  async function accountFor(domain: DomainName, signal: AbortSignal): Promise<AcmeDnsAccount> {
    signal.throwIfAborted();
    return await byDomain(domain, () => register(domain, signal));
  }

  function targetOf(domain: DomainName, account: AcmeDnsAccount): DomainName {
    try {
      return parseDomainName(account.fulldomain);
    } catch (error) {
      const message = `the account for ${domain} in ${accounts.path} has a fulldomain that is no domain name; mend it`;
      throw new DomainError('account-file-invalid', message, { cause: error });
    }
  }

  function callFor(domain: string, at = server.shown) {
    return { server: at, domain, accountFile: accounts.path, now: clock.now() };
  }

  function updatesOf(domain: DomainName, account: AcmeDnsAccount): AccountUpdates {
    const known = updates.get(account.username);
    if (known !== undefined) known.account = account;
    if (known !== undefined) return known.made;
    const made = createAccountUpdates({
      target: targetOf(domain, account),
      server: serverFor(account).shown,
      domain,
      valuesPerName,
      liveValues: options.liveValues,
      clock,
      async update(value, signal) {
        const newest = updates.get(account.username)?.account ?? account;
        const { shown, client: at } = serverFor(newest);
        const outcome = await at.update(newest, value, signal);
        if (outcome.kind === 'done') return;
        const registeredAt = newest.server_url?.replace(/\/+$/, '');
        throw remoteFault(outcome, { ...callFor(domain, shown), kind: 'update', registeredAt });
      },
    });
    updates.set(account.username, { account, made });
    return made;
  }

  /** The values by account: people do let several domains share one, and then these share its few slots. */
  async function byUsername(answers: readonly ChallengeAnswer[], signal: AbortSignal) {
    const groups = new Map<string, { domain: DomainName; account: AcmeDnsAccount; values: Set<string> }>();
    const domains = [...answersByDomain(answers)];
    const found = await boundedMap(domains, PARALLEL, async ([domain, values]) => {
      return { domain, values, account: await accountFor(domain, signal) };
    });
    for (const { domain, values, account } of found) {
      const group = groups.get(account.username) ?? { domain, account, values: new Set() };
      for (const value of values) group.values.add(value);
      groups.set(account.username, group);
    }
    return [...groups.values()];
  }

  return {
    valuesPerName,
    async delegationTarget(domain, signal) {
      return targetOf(domain, await accountFor(domain, signal));
    },
    async present(answers, signal) {
      for (const [domain, values] of answersByDomain(answers)) {
        // Before anything is sent: half an order in place helps nobody.
        const about = { server: server.shown, domain, valuesPerName };
        if (values.length > valuesPerName) throw tooMany(about, values.length);
      }
      await boundedMap(await byUsername(answers, signal), PARALLEL, async ({ domain, account, values }) => {
        await byAccount(account.username, () => updatesOf(domain, account).present([...values], signal));
      });
    },
    async remove(answers, signal) {
      signal.throwIfAborted();
      // acme-dns has no call for it: a value stays until a later one takes its slot, and single-use tokens make that harmless.
      for (const [domain, values] of answersByDomain(answers)) {
        const account = await accounts.load(domain);
        if (account === undefined) continue;
        await byAccount(account.username, async () => updates.get(account.username)?.made.release(values));
      }
    },
    async close() {
      await Promise.all([client, ...elsewhere.values()].map((one) => one.close()));
    },
  };
}
