import type { DomainName } from '../core/domain-name.ts';
import { parseDomainName } from '../core/domain-name.ts';
import type { Presenter } from '../issuance/ports.ts';
import { answersByDomain } from './answers-by-domain.ts';

/**
 * The challenge zone of this process, as far as a presenter needs it; acmedns/ has it. What is presented is durable and being
 * served when the promise resolves. All are idempotent.
 */
export interface LocalChallengeZone {
  /** The zone's name, such as auth.example.net. */
  readonly origin: DomainName;
  /** The label under `origin` that belongs to `domain`: always the same one for a domain. */
  registerDelegation(domain: DomainName): string | Promise<string>;
  presentLocal(subdomain: string, values: readonly string[]): void | Promise<void>;
  removeLocal(subdomain: string, values: readonly string[]): void | Promise<void>;
}

/** Presents in the challenge zone that this process serves: no HTTP, no credentials. */
export function createLocalPresenter(options: { readonly zone: LocalChallengeZone }): Presenter {
  const { zone } = options;
  return {
    async delegationTarget(domain, signal) {
      signal.throwIfAborted();
      const label = await zone.registerDelegation(domain);
      return parseDomainName(`${label}.${zone.origin}`);
    },
    async present(answers, signal) {
      signal.throwIfAborted();
      // All at once: what is stored in one turn shares one commit.
      const changes = [...answersByDomain(answers)].map(async ([domain, values]) =>
        zone.presentLocal(await zone.registerDelegation(domain), values),
      );
      await Promise.all(changes);
    },
    async remove(answers, signal) {
      signal.throwIfAborted();
      const changes = [...answersByDomain(answers)].map(async ([domain, values]) =>
        zone.removeLocal(await zone.registerDelegation(domain), values),
      );
      await Promise.all(changes);
    },
  };
}
