import type { Clock } from '../core/clock.ts';
import { parseDomainName } from '../core/domain-name.ts';
import type { DomainName } from '../core/domain-name.ts';
import { accountAtOrAbove, parseAccountMap, withAccount } from '../dns01/account-map.ts';
import type { AcmeDnsAccounts } from '../dns01/account-map.ts';
import { createAuthoritativeValues } from '../dns01/authoritative-values.ts';
import type { DelegationCheckerOptions } from '../dns01/delegation.ts';
import { createRemotePresenter } from '../dns01/remote-presenter.ts';
import type { RemotePresenter } from '../dns01/remote-presenter.ts';
import { openAccountSecret } from '../kube/acme/account-secret.ts';
import type { AccountSecret } from '../kube/acme/account-secret.ts';
import type { Answers } from '../kube/acme/answers.ts';
import { createOpenAnswers } from '../kube/acme/open-answers.ts';
import type { OpenAnswers } from '../kube/acme/open-answers.ts';
import type { LabelOf } from '../kube/acme/own-labels.ts';
import { createOwnLabels } from '../kube/acme/own-labels.ts';
import { rememberSecrets } from '../kube/acme/remembered-secrets.ts';
import type { KubeDeps } from '../kube/deps.ts';
import type { DelegationChecker } from '../issuance/ports.ts';
import { environmentProxy } from './environment-proxy.ts';
import type { KubeDns } from './kube-acme-dns.ts';
import { createSolverLooks } from './solver-looks.ts';
import { targetOfOld } from './target-of-old.ts';

export interface KubeAnswersOptions {
  readonly deps: KubeDeps;
  readonly look: DelegationCheckerOptions;
  readonly dns: KubeDns | undefined;
  readonly clock: Clock;
}

/** One call that has no signal of its own, in ms. */
const TIMEOUT = 30_000;
/** Our own servers have an answer in a moment; when one has not by then, something is wrong with it. */
const SERVED_WITHIN = 10_000;

/** Both ways to answer: our own DNS servers, and acme-dns servers of others. */
export function openKubeAnswers({
  deps,
  look,
  dns,
  clock,
}: KubeAnswersOptions): OpenAnswers & { close(): Promise<void> } {
  const readSecret = rememberSecrets(deps.secrets);
  const presenters: RemotePresenter[] = [];
  const labelOf = createOwnLabels(deps.client, deps.options.clusterResourceNamespace);
  const accountsIn = (namespace: string, { name, key }: { name: string; key: string }): AccountSecret =>
    openAccountSecret({ namespace, name, key }, { client: deps.client, secrets: deps.secrets, readSecret });

  const lookOf = createSolverLooks(look, dns?.zone);
  const open = createOpenAnswers({
    ownZone: dns?.zone,
    own(scope, account, { nameservers }) {
      if (dns === undefined) throw new Error('there is no zone of our own');
      const secret = account && accountsIn(scope.namespace, account);
      // Names are those of the tenant: what is known of one says nothing about another.
      const place = `own ${scope.kind} ${scope.namespace} ${account === undefined ? '' : account.name} ${nameservers.join(' ')}`;
      const { checker } = lookOf(nameservers);
      return ownAnswers(dns, { place, labelOf: (domain, signal) => labelOf(domain, scope, signal), secret, checker });
    },
    remote(scope, host, account, { blind, nameservers }) {
      const { options, checker } = lookOf(nameservers);
      const presenter = createRemotePresenter({
        server: host,
        accounts: secretAccounts(accountsIn(scope.namespace, account)),
        followServerUrl: true,
        proxyFor: environmentProxy,
        liveValues: blind ? undefined : createAuthoritativeValues(options),
        clock,
      });
      presenters.push(presenter);
      return {
        place: `${host} ${scope.namespace}/${account.name}/${account.key} ${nameservers.join(' ')}`,
        own: false,
        checker,
        target: (domain, signal) => presenter.delegationTarget(domain, signal),
        present: (answer, _, signal) => presenter.present([answer], signal),
        remove: (answer, signal) => presenter.remove([answer], signal),
      };
    },
  });
  return Object.assign(open, {
    async close() {
      await Promise.all(presenters.map((presenter) => presenter.close()));
    },
  });
}

function ownAnswers(
  { zone, served, everywhere }: KubeDns,
  names: {
    readonly place: string;
    readonly labelOf: (domain: DomainName, signal: AbortSignal) => ReturnType<LabelOf>;
    readonly secret: AccountSecret | undefined;
    readonly checker: DelegationChecker | undefined;
  },
): Answers {
  return {
    place: names.place,
    own: true,
    checker: names.checker,
    async target(domain, signal) {
      return (
        (await targetOfOld(domain, zone, names.secret, signal)) ??
        parseDomainName(`${await names.labelOf(domain, signal)}.${zone}`)
      );
    },
    async present({ value }, target, signal) {
      const limited = AbortSignal.any([signal, AbortSignal.timeout(SERVED_WITHIN)]);
      await served.whenServed(target, value, limited);
      await everywhere(target, value, signal);
    },
    async remove() {},
  };
}

function secretAccounts(secret: AccountSecret): AcmeDnsAccounts {
  const { path } = secret;
  return {
    path,
    async load(domain) {
      const text = await secret.read(AbortSignal.timeout(TIMEOUT));
      return accountAtOrAbove(path, parseAccountMap(path, text), domain);
    },
    async save(domain, account) {
      const edit = (text: string | undefined) => withAccount(parseAccountMap(path, text), domain, account);
      await secret.change(edit, AbortSignal.timeout(TIMEOUT));
    },
  };
}
