import { withTimeout } from '../core/clock.ts';
import { parseDomainName } from '../core/domain-name.ts';
import type { DomainName } from '../core/domain-name.ts';
import { DomainError } from '../core/error.ts';
import { accountAtOrAbove, parseAccountMap } from '../dns01/account-map.ts';
import { createDelegationChecker } from '../dns01/delegation.ts';
import type { DelegationCheckerOptions } from '../dns01/delegation.ts';
import type { DelegationFault } from '../dns01/delegation-fault.ts';
import { inParallel } from '../issuance/in-parallel.ts';
import type { AccountReference } from '../kube/acme/solver-kind.ts';
import { labelFrom, LABEL_SECRET, readLabelKey } from '../kube/acme/own-labels.ts';
import type { KubeClient } from '../kube/api/client.ts';
import { formatKey } from '../kube/api/object.ts';
import { secretBytes, secrets } from '../kube/api/secret.ts';
import type { NeededDelegation } from '../kube/takeover/needed-delegations.ts';
import { createSolverLooks } from './solver-looks.ts';
import { targetOfOld } from './target-of-old.ts';

/** Whether the CNAME of a domain leads where it has to. */
export interface DelegationTakeover {
  readonly domain: string;
  /** `namespace/name` of those that need it. */
  readonly certificates: readonly string[];
  /**
   * `right`: a CA would find the answer. `not-served`: the CNAME is right, and evercert does not answer there yet. `wrong`: somebody has to change
   * something. `unknown`: where it has to lead cannot be told.
   */
  readonly kind: 'right' | 'not-served' | 'wrong' | 'unknown';
  readonly target: string | undefined;
  readonly message: string | undefined;
}

interface World {
  readonly client: KubeClient;
  readonly look: DelegationCheckerOptions;
  readonly ownZone: DomainName | undefined;
  readonly clusterResourceNamespace: string;
}

/** Faults of the zone that the CNAME is in, although it leads to its target. */
const OF_THE_USER: ReadonlySet<string> = new Set(['not-on-all-servers', 'dnssec-broken'] satisfies DelegationFault[]);
/** One look takes seconds where servers are dead; ms. */
const TIMEOUT = 20_000;

/** Looks at all of them, some at a time, and writes nothing: a domain without an account is not registered. @throws KubeError */
export async function foreseeDelegations(
  needed: readonly NeededDelegation[],
  world: World,
  signal: AbortSignal,
): Promise<DelegationTakeover[]> {
  const { look, ownZone } = world;
  const lookOf = createSolverLooks(look, ownZone);
  const usual = createDelegationChecker(look);
  const targetOf = createTargets(world, signal);
  return await inParallel(needed, async (one): Promise<DelegationTakeover> => {
    const { domain, certificates, nameservers, solver } = one;
    const about = { domain, certificates };
    const limited = withTimeout(signal, TIMEOUT);
    let target: DomainName | undefined;
    try {
      const found = await targetOf(one);
      if (found.kind === 'unknown') return { ...about, ...found, target };
      ({ target } = found);
      const checker = lookOf(nameservers).checker ?? usual;
      const { finding, chain } = await checker.examineDelegation(domain, target, limited);
      if (finding.kind === 'ready') return { ...about, kind: 'right', target, message: undefined };
      // Every CNAME was followed: what is wrong is at the challenge zone, which answers as soon as evercert runs.
      const isUnserved = solver.kind === 'own' && chain.at(-1) === target && !OF_THE_USER.has(finding.fault);
      return { ...about, kind: isUnserved ? 'not-served' : 'wrong', target, message: finding.message };
    } catch (error) {
      signal.throwIfAborted();
      const late = `nothing could be seen of _acme-challenge.${domain} within ${TIMEOUT / 1000} s: look again, or name other resolvers`;
      if (limited.aborted) return { ...about, kind: 'wrong', target, message: late };
      if (!(error instanceof DomainError) || error.code.startsWith('kube-')) throw error;
      return { ...about, kind: 'unknown', target, message: error.message };
    }
  });
}

type Target =
  | { readonly kind: 'known'; readonly target: DomainName }
  | { readonly kind: 'unknown'; readonly message: string };

/** Where CNAMEs have to lead. @throws DomainError for accounts that cannot be read */
function createTargets(
  { client, ownZone, clusterResourceNamespace }: World,
  signal: AbortSignal,
): (needed: NeededDelegation) => Promise<Target> {
  const texts = new Map<string, Promise<string | undefined>>();
  let labelKey: Promise<Uint8Array | undefined> | undefined;

  function accountsIn(namespace: string, { name, key }: AccountReference) {
    const id = formatKey({ namespace, name });
    const path = `the key "${key}" of the Secret ${id}`;
    const read = (): Promise<string | undefined> => {
      const text = texts.get(`${id}/${key}`) ?? readText(client, { namespace, name }, key, signal);
      texts.set(`${id}/${key}`, text);
      return text;
    };
    return { path, read };
  }

  return async ({ domain, solver, scope }) => {
    if (solver.kind === 'remote') {
      const { path, read } = accountsIn(scope.namespace, solver.account);
      const account = accountAtOrAbove(path, parseAccountMap(path, await read()), domain);
      if (account !== undefined) return known(parseDomainName(account.fulldomain));
      const message = `there is no account for ${domain} in ${path}: evercert registers one at ${solver.host}, and then says which CNAME to add`;
      return { kind: 'unknown', message };
    }
    if (ownZone === undefined) throw new Error('there is no zone of our own');
    const old = solver.account && accountsIn(scope.namespace, solver.account);
    const target = await targetOfOld(domain, ownZone, old, signal);
    if (target !== undefined) return known(target);
    labelKey ??= readLabelKey(client, clusterResourceNamespace, signal);
    const key = await labelKey;
    if (key !== undefined) return known(parseDomainName(`${labelFrom(key, domain, scope)}.${ownZone}`));
    const message =
      `where the CNAME of ${domain} has to lead is said when evercert runs for the first time, since it follows from the Secret ` +
      `${clusterResourceNamespace}/${LABEL_SECRET}, which is not there yet: make it beforehand to add CNAMEs beforehand`;
    return { kind: 'unknown', message };
  };
}

function known(target: DomainName): Target {
  return { kind: 'known', target };
}

async function readText(
  client: KubeClient,
  at: { readonly namespace: string; readonly name: string },
  key: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const secret = await client.get(secrets, at, { signal });
  const bytes = secret && secretBytes(secret, key);
  return bytes && Buffer.from(bytes).toString('utf8');
}
