import { DomainError } from '../../core/error.ts';
import { secretBytes } from '../api/secret.ts';
import type { KubeDeps } from '../deps.ts';
import { secretNamespace } from '../issuer/issuer-lookup.ts';
import type { AnyIssuer } from '../issuer/issuer-lookup.ts';
import type { IssuerFinding, IssuerSetup } from '../issuer/issuer-setup.ts';
import type { AcmeIssuer, AcmeIssuerStatus } from '../schema/acme-issuer.ts';
import { accountKey } from './account-key.ts';
import type { AccountKey } from './account-key.ts';
import type { AcmeAccess, AcmeRegistration, AcmeServer } from './acme-access.ts';
import { acmeServerOf } from './acme-server.ts';
import type { LostAccounts } from './lost-accounts.ts';
import { rememberSecrets } from './remembered-secrets.ts';
import type { ReadSecret } from './remembered-secrets.ts';
import { solverSecrets } from './secret-references.ts';
import { withoutUsableSolver } from './without-usable-solver.ts';

/** A server that cannot be reached is tried again after this at the latest, in ms. */
const LONGEST_PAUSE = 60_000;
const FIRST_PAUSE = 1000;
/** What only a person can mend is looked at again all the same: it may have been mended at the CA. */
const PAUSE_AFTER_REFUSAL = 10 * 60_000;

export interface IssuerSetupDeps extends Pick<KubeDeps, 'client' | 'secrets' | 'clock' | 'options'> {
  readonly access: AcmeAccess;
  readonly lost: LostAccounts;
}

/** Registers the account of an issuer, and finds out whether its solvers have what they need. */
export function createAcmeIssuerSetup(deps: IssuerSetupDeps): IssuerSetup {
  const readSecret = rememberSecrets(deps.secrets);
  const failures = new Map<string, number>();

  return async (issuer, signal) => {
    const id = issuer.metadata.uid ?? '';
    const { acme } = issuer.spec;
    if (acme === undefined) throw new Error('an issuer of another type');
    const finding = await setUp(issuer, acme, readSecret, deps, signal);
    if (finding.kind !== 'unreachable') {
      failures.delete(id);
      return finding.finding;
    }
    const tries = failures.get(id) ?? 0;
    failures.set(id, tries + 1);
    return { ...finding.finding, again: finding.finding.again ?? Math.min(FIRST_PAUSE * 2 ** tries, LONGEST_PAUSE) };
  };
}

interface SetUp {
  readonly kind: 'found' | 'unreachable';
  readonly finding: IssuerFinding;
}

async function setUp(
  issuer: AnyIssuer,
  acme: AcmeIssuer,
  readSecret: ReadSecret,
  deps: IssuerSetupDeps,
  signal: AbortSignal,
): Promise<SetUp> {
  const namespace = secretNamespace(issuer, deps.options.clusterResourceNamespace);
  const solvers = solverSecrets(acme.solvers);
  const secrets = [
    acme.privateKeySecretRef.name,
    ...(acme.externalAccountBinding === undefined ? [] : [acme.externalAccountBinding.keySecretRef.name]),
    ...solvers.map(({ name }) => name),
  ];
  const found = (finding: Omit<IssuerFinding, 'secrets'>): SetUp => ({
    kind: 'found',
    finding: { ...finding, secrets },
  });

  const target = acmeServerOf(acme);
  if (target.kind === 'invalid') return found({ ready: false, reason: target.reason, message: target.message });
  let key: AccountKey;
  try {
    key = await accountKey(issuer, acme, namespace, deps, signal);
  } catch (error) {
    if (!(error instanceof DomainError) || error.code.startsWith('kube-')) throw error;
    const message = `Failed to verify ACME account: ${error.message}`;
    return found({
      ready: false,
      reason: 'ErrVerifyACMEAccount',
      message,
      event: warning('ErrVerifyACMEAccount', message),
    });
  }
  for (const { name, key: member } of solvers) {
    const secret = await readSecret({ namespace, name }, signal);
    if (secret === undefined)
      return found(invalidSolver(`failed to get secret "${name}": secrets "${name}" not found`));
    if (member !== undefined && secretBytes(secret, member) === undefined) {
      return found(invalidSolver(`failed to get secret "${name}": there is no key "${member}" in it`));
    }
  }
  const unusable = withoutUsableSolver(acme);
  if (unusable !== undefined) {
    const event = warning('UnsupportedSolver', unusable);
    return found({ ready: false, reason: 'UnsupportedSolver', message: unusable, event });
  }
  const binding = await externalAccount(acme, namespace, readSecret, signal);
  if (binding.kind === 'missing') {
    const message = `Failed to register ACME account: ${binding.message}`;
    return found({
      ready: false,
      reason: 'ErrRegisterACMEAccount',
      message,
      event: warning('ErrRegisterACMEAccount', message),
    });
  }
  try {
    const status = await ensureAccount(
      { server: target.server, acme, key, externalAccount: binding.account, before: issuer.status?.acme },
      deps,
      signal,
    );
    return found({
      ready: true,
      reason: 'ACMEAccountRegistered',
      message: 'The ACME account was registered with the ACME server',
      acme: status,
    });
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof DomainError)) throw error;
    return refused(error, secrets, deps.clock.now());
  }
}

interface Wanted {
  readonly server: AcmeServer;
  readonly acme: AcmeIssuer;
  readonly key: AccountKey;
  readonly externalAccount: AcmeRegistration['externalAccount'];
  readonly before: AcmeIssuerStatus | undefined;
}

/** Asks the CA only when something is not as it was left: thousands of issuers start with the program. */
async function ensureAccount(
  { server, acme, key, externalAccount: binding, before }: Wanted,
  { access, lost }: IssuerSetupDeps,
  signal: AbortSignal,
): Promise<AcmeIssuerStatus> {
  const email = acme.email === '' ? undefined : acme.email;
  const uri = before?.uri;
  const known =
    uri !== undefined &&
    sameHost(uri, server.directoryUrl) &&
    before?.lastPrivateKeyHash === key.hash &&
    !lost.has(uri);
  if (known && (before?.lastRegisteredEmail ?? '') === (email ?? '')) return statusOf(uri, key, email);
  if (known) {
    try {
      await access.changeEmail(server, { privateKey: key.privateKey, uri }, email, signal);
      return statusOf(uri, key, email);
    } catch (error) {
      if (error instanceof DomainError) throw new UpdateFailed(error);
      throw error;
    }
  }
  const registered = await access.register(
    server,
    { privateKey: key.privateKey, email, externalAccount: binding },
    signal,
  );
  lost.found(uri, registered);
  return statusOf(registered, key, email);
}

function statusOf(uri: string, key: AccountKey, email: string | undefined): AcmeIssuerStatus {
  return { uri, lastPrivateKeyHash: key.hash, ...(email === undefined ? {} : { lastRegisteredEmail: email }) };
}

/** Only marks where an error came from. */
class UpdateFailed extends DomainError {
  constructor(error: DomainError) {
    super(error.code, error.message, { retry: error.retry, cause: error });
  }
}

function refused(error: DomainError, secrets: readonly string[], now: number): SetUp {
  const isUpdate = error instanceof UpdateFailed;
  const reason = isUpdate ? 'ErrUpdateACMEAccount' : 'ErrRegisterACMEAccount';
  const message = `Failed to ${isUpdate ? 'update' : 'register'} ACME account: ${error.message}`;
  const finding = { ready: false, reason, message, secrets, event: warning(reason, message) } as const;
  switch (error.retry.kind) {
    case 'never':
      return { kind: 'found', finding: { ...finding, again: PAUSE_AFTER_REFUSAL } };
    case 'after':
      return { kind: 'unreachable', finding: { ...finding, again: Math.max(0, error.retry.at - now) } };
    case 'backoff':
    default:
      return { kind: 'unreachable', finding };
  }
}

async function externalAccount(
  { externalAccountBinding }: AcmeIssuer,
  namespace: string,
  readSecret: ReadSecret,
  signal: AbortSignal,
): Promise<
  | { readonly kind: 'account'; readonly account: AcmeRegistration['externalAccount'] }
  | { readonly kind: 'missing'; readonly message: string }
> {
  if (externalAccountBinding === undefined) return { kind: 'account', account: undefined };
  const { keyID, keySecretRef } = externalAccountBinding;
  const secret = await readSecret({ namespace, name: keySecretRef.name }, signal);
  const bytes = secret && secretBytes(secret, keySecretRef.key ?? '');
  if (bytes === undefined) {
    const what =
      secret === undefined ? `secrets "${keySecretRef.name}" not found` : `it has no key "${keySecretRef.key ?? ''}"`;
    return { kind: 'missing', message: `failed to get the external account's secret "${keySecretRef.name}": ${what}` };
  }
  return { kind: 'account', account: { keyId: keyID, hmacKey: Buffer.from(bytes).toString('utf8').trim() } };
}

function invalidSolver(message: string): Omit<IssuerFinding, 'secrets'> {
  return { ready: false, reason: 'InvalidSolver', message, event: warning('InvalidSolver', message) };
}

function warning(reason: string, message: string) {
  return { type: 'Warning', reason, message } as const;
}

function sameHost(one: string, other: string): boolean {
  return URL.canParse(one) && URL.canParse(other) && new URL(one).host === new URL(other).host;
}
