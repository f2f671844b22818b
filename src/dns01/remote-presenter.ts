import type { Clock } from '../core/clock.ts';
import { systemClock } from '../core/clock.ts';
import type { DomainName } from '../core/domain-name.ts';
import { parseDomainName } from '../core/domain-name.ts';
import { DomainError } from '../core/error.ts';
import type { Presenter } from '../issuance/ports.ts';
import type { AcmeDnsAccount, AcmeDnsAccountFile } from './account-file.ts';
import { createAcmeDnsClient } from './acme-dns-client.ts';
import { answersByDomain } from './answers-by-domain.ts';
import { boundedMap } from './bounded-map.ts';
import type { LiveValues } from './live-values.ts';
import { remoteFault } from './remote-fault.ts';
import { createSerialByKey } from './serial-by-key.ts';
import { parseServerUrl } from './server-url.ts';

export interface RemotePresenterOptions {
  /** Base URL, with a path or user:password@ if the server wants them. */
  readonly server: string;
  readonly accounts: AcmeDnsAccountFile;
  /** PEM roots for this server, in place of the system's. */
  readonly trust?: string | undefined;
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
/** An acme-dns server answers an update when its database has it; what serves DNS may be a moment behind. */
const SERVED_WITHIN = 10_000;
const LOOK_AGAIN_AFTER = 200;
/** acme-dns overwrites the slot with the older LastUpdate, which counts whole seconds. */
const SLOT_RESOLUTION = 1000;

/** What this process did to one account. */
interface AccountState {
  /** Presented and not removed since: these must not be overwritten. */
  readonly live: Set<string>;
  /** When the updates were made, newest last; only the last few matter. */
  readonly updates: number[];
  /** An update went wrong on the way, so that it may or may not have changed a slot. */
  uncertain: boolean;
}

/** Presents at any acme-dns server over HTTP(S). @throws DomainError `invalid-server-url` */
export function createRemotePresenter(options: RemotePresenterOptions): RemotePresenter {
  const { accounts, liveValues } = options;
  const server = parseServerUrl(options.server);
  const clock = options.clock ?? systemClock;
  const valuesPerName = options.valuesPerName ?? 2;
  const client = createAcmeDnsClient({ server, trust: options.trust, timeout: options.timeout ?? 30_000 });
  const inOrder = createSerialByKey();
  const states = new Map<DomainName, AccountState>();

  /** Registers once per domain: the account is in the file before anyone hears of its name. */
  async function accountFor(domain: DomainName, signal: AbortSignal): Promise<AcmeDnsAccount> {
    const known = await accounts.load(domain);
    if (known !== undefined) return known;
    const outcome = await client.register(options.allowFrom ?? [], signal);
    if (outcome.kind !== 'done') throw remoteFault(outcome, callFor('register', domain, undefined));
    targetOf(domain, outcome.value);
    await accounts.save(domain, outcome.value);
    return outcome.value;
  }

  function targetOf(domain: DomainName, account: AcmeDnsAccount): DomainName {
    try {
      return parseDomainName(account.fulldomain);
    } catch (error) {
      const where = `the account for ${domain} in ${accounts.path}`;
      throw new DomainError('account-file-invalid', `${where} has a fulldomain that is no domain name; mend it`, {
        cause: error,
      });
    }
  }

  function callFor(kind: 'register' | 'update', domain: DomainName, account: AcmeDnsAccount | undefined) {
    const registeredAt = account?.server_url?.replace(/\/+$/, '');
    return { kind, server: server.shown, domain, accountFile: accounts.path, registeredAt, now: clock.now() };
  }

  function stateOf(domain: DomainName): AccountState {
    const state = states.get(domain) ?? { live: new Set(), updates: [], uncertain: false };
    states.set(domain, state);
    return state;
  }

  async function presentOne(domain: DomainName, values: readonly string[], signal: AbortSignal): Promise<void> {
    const account = await accountFor(domain, signal);
    const state = stateOf(domain);
    const wanted = new Set([...state.live, ...values]);
    if (wanted.size > valuesPerName) throw tooMany(domain, wanted.size);
    // After a crash DNS knows what this process forgot. Sending such a value again would push out its neighbour.
    const served = await liveValues?.(targetOf(domain, account), signal);
    // Not knowing which slots an interrupted update changed, all are sent: that fills every slot again.
    const standing = served ?? (state.uncertain ? [] : [...state.live]);
    const missing = [...wanted].filter((value) => !standing.includes(value));
    for (const value of missing) await update(domain, account, value, signal);
    state.uncertain = false;
    for (const value of values) state.live.add(value);
    if (missing.length > 0 && served !== undefined) await untilServed(domain, account, signal);
  }

  async function update(
    domain: DomainName,
    account: AcmeDnsAccount,
    value: string,
    signal: AbortSignal,
  ): Promise<void> {
    const state = stateOf(domain);
    const { updates } = state;
    // When all slots carry the same second, the server cannot tell the older one and may overwrite the newest value.
    const sameSlot = updates.at(-valuesPerName);
    if (sameSlot !== undefined) await clock.sleep(Math.max(0, sameSlot + SLOT_RESOLUTION - clock.now()), signal);
    state.uncertain = true;
    const outcome = await client.update(account, value, signal);
    updates.push(clock.now());
    updates.splice(0, updates.length - valuesPerName);
    if (outcome.kind !== 'done') throw remoteFault(outcome, callFor('update', domain, account));
    state.live.add(value);
  }

  /** Waits until DNS serves all that is live, and sends again what was pushed out by another client of the account. */
  async function untilServed(domain: DomainName, account: AcmeDnsAccount, signal: AbortSignal): Promise<void> {
    const target = targetOf(domain, account);
    const deadline = clock.now() + SERVED_WITHIN;
    let sentAgain = false;
    for (;;) {
      const served = await liveValues?.(target, signal);
      const missing = [...stateOf(domain).live].filter((value) => served !== undefined && !served.includes(value));
      if (missing.length === 0) return;
      if (clock.now() >= deadline) throw notServed(domain, target, server.shown);
      if (!sentAgain && clock.now() >= deadline - SERVED_WITHIN / 2) {
        sentAgain = true;
        for (const value of missing) await update(domain, account, value, signal);
      }
      await clock.sleep(LOOK_AGAIN_AFTER, signal);
    }
  }

  return {
    valuesPerName,
    async delegationTarget(domain, signal) {
      const account = await inOrder(domain, () => accountFor(domain, signal));
      return targetOf(domain, account);
    },
    async present(answers, signal) {
      const groups = [...answersByDomain(answers)];
      for (const [domain, values] of groups) {
        // Before anything is sent: half an order in place helps nobody.
        if (values.length > valuesPerName) throw tooMany(domain, values.length);
      }
      await boundedMap(groups, PARALLEL, ([domain, values]) =>
        inOrder(domain, () => presentOne(domain, values, signal)),
      );
    },
    async remove(answers, signal) {
      signal.throwIfAborted();
      // acme-dns has no call for it: a value stays until a later one takes its slot, and single-use tokens make that harmless.
      for (const [domain, values] of answersByDomain(answers)) {
        await inOrder(domain, async () => {
          for (const value of values) states.get(domain)?.live.delete(value);
        });
      }
    },
    close: () => client.close(),
  };

  function tooMany(domain: DomainName, count: number): DomainError {
    return new DomainError(
      'too-many-answers',
      `${count} answers would have to stand at _acme-challenge.${domain} at once, and the acme-dns server ${server.shown} ` +
        `keeps only ${valuesPerName} per name; it goes on when the other order for this name is done`,
      { retry: { kind: 'backoff' } },
    );
  }
}

function notServed(domain: DomainName, target: DomainName, server: string): DomainError {
  return new DomainError(
    'answer-not-served',
    `the acme-dns server ${server} took the answer for ${domain}, but DNS does not serve it at ${target}: another client may ` +
      'use the same account, or the name servers of the zone do not belong to this server',
    { retry: { kind: 'backoff' } },
  );
}
