import type { KubeDeps, KubePart } from '../kube/deps.ts';
import type { IssuerType } from '../kube/issuer/issuer-type.ts';
import type { IssuerSetup } from '../kube/issuer/issuer-setup.ts';
import type { RequestSigner } from '../kube/request/request-signer.ts';

/**
 * What makes one type of issuer work. `evercert kube controller` has one of these for each type; a type that is missing is answered with a
 * clear Ready=False.
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
