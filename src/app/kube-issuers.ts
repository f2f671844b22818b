import type { KubeDeps, KubePart } from '../kube/deps.ts';
import { createAuthoritySetup } from '../kube/issuer/authority-setup.ts';
import type { IssuerSetup } from '../kube/issuer/issuer-setup.ts';
import type { IssuerType } from '../kube/issuer/issuer-type.ts';
import { setUpSelfSigned } from '../kube/issuer/self-signed-setup.ts';
import { createAuthoritySigner } from '../kube/request/authority-signer.ts';
import type { RequestSigner } from '../kube/request/request-signer.ts';
import { createSelfSigner } from '../kube/request/self-signer.ts';

/**
 * What makes one type of issuer work. A type that has none is answered with a clear Ready=False; where the signer alone is missing, its requests are
 * left to somebody else.
 */
export interface IssuerSupport {
  readonly type: IssuerType;
  /** Whether an issuer can be used: its Ready condition. */
  readonly setup: IssuerSetup;
  /** Signs requests, or says what they wait for. */
  readonly signer: RequestSigner;
  /** Controllers and informers of its own, such as those of Orders and Challenges. They run only while this process leads. */
  readonly parts?: readonly KubePart[];
}

/** How each type is made. New types are added here. */
export type IssuerSupportFactory = (deps: KubeDeps) => IssuerSupport;

export const issuerSupports: readonly IssuerSupportFactory[] = [
  (deps) => ({ type: 'selfSigned', setup: setUpSelfSigned, signer: createSelfSigner(deps) }),
  (deps) => ({ type: 'ca', setup: createAuthoritySetup(deps), signer: createAuthoritySigner(deps) }),
];
