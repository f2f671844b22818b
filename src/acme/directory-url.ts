import { AcmeError, printable } from './problem.ts';

/** RFC 8555 section 6.1: https only. Plain HTTP is let through for a CA on this very machine, such as one in a test. */
export function isAllowed(target: string, directoryUrl: string): boolean {
  if (!URL.canParse(target)) return false;
  const { protocol } = new URL(target);
  return protocol === 'https:' || (protocol === 'http:' && new URL(directoryUrl).protocol === 'http:');
}

/** @throws AcmeError `acme-insecure-url`, `acme-not-a-directory` */
export function checkDirectoryUrl(directoryUrl: string): void {
  const example = 'give the directory URL of an ACME CA, such as https://acme-v02.api.letsencrypt.org/directory';
  const never = { retry: { kind: 'never' } } as const;
  if (!URL.canParse(directoryUrl)) {
    throw new AcmeError('acme-not-a-directory', `"${printable(directoryUrl)}" is not a URL; ${example}`, never);
  }
  const { protocol, hostname } = new URL(directoryUrl);
  if (protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname))) return;
  const message = `"${printable(directoryUrl)}" is not safe to use: it must begin with https://; ${example}`;
  throw new AcmeError('acme-insecure-url', message, never);
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}
