import type { AcmeCalls } from '../../issuance/acme-calls.ts';
import type { KubeDeps } from '../deps.ts';
import { isTrue, withCondition } from '../conditions.ts';
import { findIssuer, readIssuerReference, secretNamespace } from '../issuer/issuer-lookup.ts';
import type { AnyIssuer } from '../issuer/issuer-lookup.ts';
import type { AcmeIssuer } from '../schema/acme-issuer.ts';
import { clusterIssuerResource, issuerResource } from '../schema/issuer.ts';
import type { IssuerReference } from '../schema/issuer-reference.ts';
import { secretBytes } from '../api/secret.ts';
import type { AcmeAccess, AcmeServer } from './acme-access.ts';
import { acmeServerOf } from './acme-server.ts';
import type { AnswerScope } from './answers.ts';
import type { LostAccounts } from './lost-accounts.ts';
import type { ReadSecret } from './remembered-secrets.ts';

/** An issuer with its account at the CA, ready to be used. */
export interface OpenIssuer {
  readonly issuer: AnyIssuer;
  readonly acme: AcmeIssuer;
  readonly server: AcmeServer;
  /** The account's URL. */
  readonly uri: string;
  readonly calls: AcmeCalls;
  readonly scope: AnswerScope;
  /** ms since the epoch. */
  readonly openedAt: number;
}

export type IssuerView =
  | { readonly kind: 'open'; readonly open: OpenIssuer }
  /** Not now: it is told when the issuer changes. */
  | { readonly kind: 'unready'; readonly message: string };

export interface IssuerAccounts {
  open(reference: IssuerReference, namespace: string, signal: AbortSignal): Promise<IssuerView>;
  /** The CA does not know the account, or refuses it: the issuer is not ready until it has registered again. False: it has done so just now. */
  lose(open: OpenIssuer, why: string, signal: AbortSignal): Promise<boolean>;
}

export interface IssuerAccountsDeps extends Pick<
  KubeDeps,
  'client' | 'clock' | 'issuers' | 'clusterIssuers' | 'options'
> {
  readonly access: AcmeAccess;
  readonly lost: LostAccounts;
  readonly readSecret: ReadSecret;
}

export function createIssuerAccounts(deps: IssuerAccountsDeps): IssuerAccounts {
  return {
    async open(reference, namespace, signal) {
      const read = readIssuerReference(reference);
      const issuer = read === 'foreign' ? undefined : findIssuer(deps, read.kind, read.name, namespace);
      const acme = issuer?.spec.acme;
      if (issuer === undefined || acme === undefined) return unready(`there is no ACME issuer "${reference.name}"`);
      const uri = issuer.status?.acme?.uri;
      if (!isTrue(issuer.status?.conditions, 'Ready') || uri === undefined || deps.lost.has(uri)) {
        return unready(`the issuer "${reference.name}" is not ready`);
      }
      const target = acmeServerOf(acme);
      if (target.kind === 'invalid') return unready(target.message);
      const secrets = secretNamespace(issuer, deps.options.clusterResourceNamespace);
      const { name, key = 'tls.key' } = acme.privateKeySecretRef;
      const secret = await deps.readSecret({ namespace: secrets, name }, signal);
      const bytes = secret && secretBytes(secret, key);
      if (bytes === undefined)
        return unready(`the key of the account is gone: there is no "${key}" in the Secret "${name}"`);
      const account = { privateKey: Buffer.from(bytes).toString('utf8'), uri };
      const kind = issuer.kind === 'ClusterIssuer' ? 'ClusterIssuer' : 'Issuer';
      const calls = deps.access.account(target.server, account);
      const scope = { namespace: secrets, kind } as const;
      return {
        kind: 'open',
        open: { issuer, acme, server: target.server, uri, calls, scope, openedAt: deps.clock.now() },
      };
    },
    async lose({ issuer, uri, openedAt }, why, signal) {
      if (deps.lost.has(uri)) return true;
      if (!deps.lost.lose(uri, openedAt)) return false;
      const condition = {
        type: 'Ready',
        status: 'False',
        reason: 'ErrVerifyACMEAccount',
        message: `Failed to verify ACME account: ${why}`,
        observedGeneration: issuer.metadata.generation ?? 0,
      } as const;
      const conditions = withCondition(issuer.status?.conditions, condition, deps.clock.now());
      const { name, namespace } = issuer.metadata;
      const patch = { type: 'merge', body: { status: { conditions } } } as const;
      const how = { signal, subresource: 'status' };
      if (issuer.kind === 'ClusterIssuer') {
        deps.clusterIssuers.upsert(await deps.client.patch(clusterIssuerResource, { name }, patch, how));
      } else {
        deps.issuers.upsert(await deps.client.patch(issuerResource, { namespace, name }, patch, how));
      }
      return true;
    },
  };
}

function unready(message: string): IssuerView {
  return { kind: 'unready', message };
}
