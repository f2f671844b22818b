import type { KubeDeps, KubePart } from '../deps.ts';
import type { IssuerSetup } from '../issuer/issuer-setup.ts';
import type { RequestSigner } from '../request/request-signer.ts';
import type { AcmeDeps, AcmePorts } from './acme-deps.ts';
import { createChallengeController } from './challenge-controller.ts';
import { createDelegationWatch } from './delegation-watch.ts';
import { createIssuedChains } from './issued-chains.ts';
import { createIssuerAccounts } from './issuer-accounts.ts';
import { createAcmeIssuerSetup } from './issuer-setup.ts';
import { createLostAccounts } from './lost-accounts.ts';
import { createOrderController } from './order-controller.ts';
import { createOrderSigner } from './order-signer.ts';
import { rememberSecrets } from './remembered-secrets.ts';
import { createSuggestionController } from './suggestion-controller.ts';

/** What makes issuers of the type ACME work; see IssuerSupport of the composition root. */
export interface AcmeSupport {
  readonly type: 'acme';
  readonly setup: IssuerSetup;
  readonly signer: RequestSigner;
  readonly parts: readonly KubePart[];
}

export function createAcmeSupport(kube: KubeDeps, ports: AcmePorts): AcmeSupport {
  const { checker, ...rest } = ports;
  const { clock } = kube;
  const { access, random } = ports;
  const lost = createLostAccounts(clock);
  const readSecret = rememberSecrets(kube.secrets);
  const accounts = createIssuerAccounts({ ...kube, access, lost, readSecret });
  const end = new AbortController();
  const woken: { wake: (watcher: string) => void } = { wake: () => {} };
  const delegations = createDelegationWatch({
    checker,
    clock,
    random,
    signal: end.signal,
    wake: (watcher) => woken.wake(watcher),
  });
  const deps: AcmeDeps = { ...kube, ...rest, accounts, lost, delegations };
  const fresh = new Set<string>();
  const chains = createIssuedChains();
  const orders = createOrderController(deps, fresh, chains);
  const challenges = createChallengeController(deps);
  // A watcher is the key of an Order or of a Challenge; the other controller finds nothing under it.
  woken.wake = (watcher) => {
    orders.add(watcher, 'urgent');
    challenges.add(watcher, 'urgent');
  };
  const delegationsPart: KubePart = {
    name: 'delegations',
    async run(signal) {
      if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      end.abort(signal.reason);
    },
  };
  return {
    type: 'acme',
    setup: createAcmeIssuerSetup({ ...kube, access, lost }),
    signer: createOrderSigner(deps, fresh, chains),
    parts: [orders, challenges, delegationsPart, createSuggestionController(deps)],
  };
}
