import { z } from 'zod';
import type { AcmeClient } from './client.ts';
import { printable } from './problem.ts';
import { badResponse, jsonOf, retryAfterOf } from './response.ts';

/** RFC 9773 section 4.2. All times in ms since the epoch; the window by the CA's clock, retryAfter by the local one. */
export interface RenewalInfo {
  readonly suggestedWindow: { readonly start: number; readonly end: number };
  /** A page for a person, when the CA asks for renewal out of turn. */
  readonly explanationUrl?: string;
  /** When to ask again: between one minute and one day from now (RFC 9773 section 4.3.2). */
  readonly retryAfter: number;
}

const SHORTEST = 60_000;
const LONGEST = 86_400_000;
/** RFC 9773 section 4.3.3 for CAs that do not say. */
const USUAL = 6 * 3_600_000;

const document = z.object({
  suggestedWindow: z.object({ start: z.iso.datetime({ offset: true }), end: z.iso.datetime({ offset: true }) }),
  explanationURL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .catch(undefined),
});

/**
 * When the CA would like the certificate to be renewed. undefined when it gives no such information at all. A window that ends
 * before it begins is refused, as if nothing had been answered (section 4.2).
 * @throws AcmeError `acme-not-found` when the CA does not know the certificate, `acme-bad-response`, ...
 */
export async function getRenewalInfo(
  client: AcmeClient,
  certificateId: string,
  signal: AbortSignal,
): Promise<RenewalInfo | undefined> {
  const { urls } = await client.directory(signal);
  if (urls.renewalInfo === undefined) return undefined;
  const url = `${urls.renewalInfo.replace(/\/$/, '')}/${certificateId}`;
  const response = await client.get(url, 'give renewal information', signal);
  const parsed = document.safeParse(jsonOf(response, 'renewal information'));
  if (!parsed.success) throw badResponse(url, 'renewal information', 'it has no suggestedWindow with two times');
  const start = Date.parse(parsed.data.suggestedWindow.start);
  const end = Date.parse(parsed.data.suggestedWindow.end);
  if (!(end > start)) throw badResponse(url, 'renewal information', 'its suggestedWindow ends before it begins');
  const { explanationURL } = parsed.data;
  const wait = (retryAfterOf(response) ?? response.receivedAt + USUAL) - response.receivedAt;
  return {
    suggestedWindow: { start, end },
    ...(explanationURL === undefined ? {} : { explanationUrl: printable(explanationURL) }),
    retryAfter: response.receivedAt + Math.min(Math.max(wait, SHORTEST), LONGEST),
  };
}
