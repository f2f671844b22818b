import type { AccountKey } from './account-key.ts';
import type { DueFaults } from './faults.ts';
import type { ParsedJws } from './jws-verification.ts';
import { malformed } from './problem.ts';
import type { Account } from './state.ts';

/** A request that needs no signature. */
export interface OpenRequest {
  readonly method: string;
  /** What the path has in place of `:id`, else ''. */
  readonly id: string;
  readonly url: URL;
  readonly faults: DueFaults;
}

/** A request whose JWS was verified in full. `payload` is undefined for POST-as-GET (RFC 8555 section 6.3). */
export interface SignedRequest extends OpenRequest {
  readonly jws: ParsedJws;
  readonly payload: Readonly<Record<string, unknown>> | undefined;
}

/** Signed by the key of a valid account that the request names by `kid`. */
export interface AccountRequest extends SignedRequest {
  readonly account: Account;
}

/** Signed by the key that the request itself carries as `jwk`. */
export interface KeyRequest extends SignedRequest {
  readonly key: AccountKey;
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Link relations besides `index`: relation and URL. */
  readonly links?: readonly (readonly [relation: string, url: string])[];
  /** Absent: an empty body. */
  readonly body?: { readonly json: unknown } | { readonly contentType: string; readonly text: string };
}

export function jsonAnswer(json: unknown, more: Omit<Answer, 'status' | 'body'> & { status?: number } = {}): Answer {
  return { status: 200, ...more, body: { json } };
}

/** @throws Refusal malformed unless the request is a POST-as-GET */
export function requireReading(request: SignedRequest): void {
  if (request.payload !== undefined) {
    throw malformed('this resource is only read: send POST-as-GET, with an empty payload (RFC 8555 section 6.3)');
  }
}

/** @throws Refusal malformed when the request has no JSON object */
export function requirePayload(request: SignedRequest): Readonly<Record<string, unknown>> {
  if (request.payload === undefined)
    throw malformed('the payload of the JWS is empty, and a JSON object is needed here');
  return request.payload;
}

/** The resource, if it is this account's. @throws Refusal malformed (404), also when it is another's: that it exists is not told */
export function ownedBy<T extends { readonly account: Account }>(
  account: Account,
  found: T | undefined,
  what: string,
): T {
  if (found?.account !== account) throw malformed(`there is no such ${what} of this account`, 404);
  return found;
}
