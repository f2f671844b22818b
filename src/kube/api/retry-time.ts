/** Retry-After of an API server (RFC 9110 section 10.2.3; it sends seconds only) as ms since the epoch. */
export function retryTime(header: string | string[] | undefined, now: number): number | undefined {
  const text = Array.isArray(header) ? header[0] : header;
  return text !== undefined && /^\d{1,6}$/.test(text) ? now + Number(text) * 1000 : undefined;
}
