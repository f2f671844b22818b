import type { Clock } from '../core/clock.ts';
import type { DomainName } from '../core/domain-name.ts';
import { DomainError } from '../core/error.ts';
import { createAccountSlots, type SlotPlan } from './account-slots.ts';
import type { LiveValues } from './live-values.ts';

/** The values of one account at an acme-dns server. Not for calls at the same time: the caller puts them in order. */
export interface AccountUpdates {
  /** When it resolves, all are served, and so is what was presented before and not released. @throws DomainError `too-many-answers` */
  present(values: readonly string[], signal: AbortSignal): Promise<void>;
  /** They may be overwritten from now on. */
  release(values: readonly string[]): void;
}

export interface AccountUpdatesOptions {
  readonly target: DomainName;
  /** For messages: server URL without credentials, and the domains of the account. */
  readonly server: string;
  readonly domain: string;
  readonly valuesPerName: number;
  readonly liveValues: LiveValues | undefined;
  readonly clock: Clock;
  /** One call of /update. @throws DomainError */
  update(value: string, signal: AbortSignal): Promise<void>;
}

/** ms. A server answers an update when its database has it; what serves DNS may be a moment behind. */
const SERVED_WITHIN = 10_000;
const SEND_AGAIN_AFTER = 2000;
const LOOK_AGAIN_AFTER = 200;

export function createAccountUpdates(options: AccountUpdatesOptions): AccountUpdates {
  const { target, valuesPerName, liveValues, clock } = options;
  const slots = createAccountSlots(valuesPerName);
  /** Presented and not released since: these must not be overwritten. */
  const live = new Set<string>();
  /** An update was interrupted, so that it may or may not have changed a slot. */
  let uncertain = false;

  async function send({ sends, notBefore }: SlotPlan, signal: AbortSignal): Promise<void> {
    if (notBefore > clock.now()) await clock.sleep(notBefore - clock.now(), signal);
    for (const value of sends) {
      uncertain = true;
      try {
        await options.update(value, signal);
        live.add(value);
      } finally {
        slots.written(value, clock.now());
      }
    }
    uncertain = false;
  }

  /** Waits until DNS serves all that is live, and sends again what another client of the account has pushed out. */
  async function untilServed(look: LiveValues, signal: AbortSignal): Promise<void> {
    const start = clock.now();
    let sentAgain = false;
    for (;;) {
      const served = await look(target, signal);
      const plan = served === undefined ? undefined : slots.plan([...live], served);
      if (plan === undefined || plan.sends.length === 0) return;
      if (clock.now() >= start + SERVED_WITHIN) throw notServed(options);
      if (!sentAgain && clock.now() >= start + SEND_AGAIN_AFTER) {
        sentAgain = true;
        await send(plan, signal);
      }
      await clock.sleep(LOOK_AGAIN_AFTER, signal);
    }
  }

  return {
    async present(values, signal) {
      const wanted = [...new Set([...live, ...values])];
      if (wanted.length > valuesPerName) throw tooMany(options, wanted.length);
      // After a crash DNS knows what this process forgot. Sending such a value again could push out its neighbour.
      const served = await liveValues?.(target, signal);
      // Not knowing which slots an interrupted update changed, all are sent: that fills every slot again.
      const plan = slots.plan(wanted, served ?? (uncertain ? [] : [...live]));
      await send(plan, signal);
      for (const value of values) live.add(value);
      if (liveValues !== undefined && served !== undefined && plan.sends.length > 0)
        await untilServed(liveValues, signal);
    },
    release(values) {
      for (const value of values) live.delete(value);
    },
  };
}

/** More answers than the server keeps for one account. */
export function tooMany(
  about: { readonly server: string; readonly domain: string; readonly valuesPerName: number },
  count: number,
): DomainError {
  return new DomainError(
    'too-many-answers',
    `${count} answers would have to stand for ${about.domain} at once, and the acme-dns server ${about.server} keeps only ` +
      `${about.valuesPerName} per name; it goes on when the other order for this name is done`,
    { retry: { kind: 'backoff' } },
  );
}

function notServed({ server, domain, target }: AccountUpdatesOptions): DomainError {
  return new DomainError(
    'answer-not-served',
    `the acme-dns server ${server} took the answer for ${domain}, but DNS does not serve it at ${target}: another client may ` +
      'use the same account, or the name servers of the zone do not belong to this server',
    { retry: { kind: 'backoff' } },
  );
}
