import type { LoadedConfig } from '../config/config.ts';
import type { Secret } from '../config/secret.ts';
import { withTimeout } from '../core/clock.ts';
import { createDelegationChecker } from '../dns01/delegation.ts';
import type { DelegationCheckerOptions } from '../dns01/delegation.ts';
import type { AccountKeeper, AccountStorageOptions } from '../http/account-storage.ts';
import type { ApiOptions } from '../http/api.ts';
import type { HttpOptions } from '../http/listener.ts';
import type { RegistrationRule } from '../http/registration-rule.ts';
import { digestOfConfigured } from '../http/secret-digest.ts';
import { keptPassword } from '../http/user-passwords.ts';
import type { UserPasswords } from '../http/user-passwords.ts';
import { createFindSource } from '../http/source.ts';

const HOUR = 3_600_000;
const MINUTE = 60_000;
/** How long the client of a storage waits for us to look at its CNAME, in ms. */
const LOOK_TIMEOUT = 10_000;

/** Who may do what at the API, as the configuration says. */
export function apiOptions({ config: { api }, secrets }: LoadedConfig): Omit<ApiOptions, 'zone'> {
  return {
    registration: registrationRule(api.registration, api.registrationNetworks, secrets),
    corsOrigins: api.corsOrigins,
    findSource: createFindSource({ trustedProxies: api.trustedProxies, header: api.sourceHeader }),
    rates: {
      registrations: { count: api.registrationsPerHour, interval: HOUR },
      failures: { count: api.failuresPerMinute, interval: MINUTE },
    },
  };
}

/** What connections to it may cost. */
export function connectionOptions({
  config: { api },
}: LoadedConfig): Pick<HttpOptions, 'limits' | 'trustedProxies' | 'proxyProtocol'> {
  return {
    limits: { connections: api.maxConnections, connectionsPerSubscriber: api.maxConnectionsPerAddress },
    trustedProxies: api.trustedProxies,
    proxyProtocol: api.proxyProtocol,
  };
}

export interface StorageParts {
  readonly loaded: LoadedConfig;
  readonly keeper: AccountKeeper;
  /** How CNAMEs are looked at; asked when one is. */
  readonly look: () => Promise<DelegationCheckerOptions>;
  readonly signal: AbortSignal;
}

/** lego's HTTP storage, when the configuration has users for it. */
export function storageOptions({ loaded, keeper, look, signal }: StorageParts): AccountStorageOptions | undefined {
  const { storageUsers } = loaded.secrets;
  if (storageUsers === undefined) return undefined;
  return {
    users: passwordsOf(storageUsers),
    keeper,
    async isDelegated(domain, target) {
      try {
        const checker = createDelegationChecker(await look());
        const finding = await checker.checkDelegation(domain, target, withTimeout(signal, LOOK_TIMEOUT));
        return finding.kind === 'ready';
      } catch {
        // Nobody can see it from here: the client asks for it, and goes on when it is run again.
        return false;
      }
    },
  };
}

function registrationRule(
  kind: RegistrationRule['kind'],
  networks: readonly string[],
  { registrationTokens, registrationUsers }: LoadedConfig['secrets'],
): RegistrationRule {
  if (kind !== 'restricted') return { kind };
  const tokens = registrationTokens.map((token) => digestOfConfigured(token.reveal()));
  return { kind, networks, tokens, users: passwordsOf(registrationUsers) };
}

function passwordsOf(users: ReadonlyMap<string, Secret>): UserPasswords {
  return new Map([...users].map(([name, secret]) => [name, keptPassword(secret.reveal())]));
}
