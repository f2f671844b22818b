import type { CaContext } from './context.ts';
import { problemJson } from './problem.ts';
import type { Challenge } from './state.ts';

/** RFC 8555 section 8. The kind that this CA only pretends to offer has no token, as dns-persist-01 has none. */
export function challengeJson(ca: CaContext, challenge: Challenge): Record<string, unknown> {
  const { error, id, status, token, type, validated } = challenge;
  return {
    type,
    url: `${ca.base}/challenge/${id}`,
    status,
    ...(token === undefined ? { issuerDomainNames: ['rehearsal.invalid'] } : { token }),
    ...(validated === undefined ? {} : { validated: new Date(validated).toISOString() }),
    ...(error === undefined ? {} : { error: problemJson(error) }),
  };
}
