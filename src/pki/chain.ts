import { createPublicKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { DomainError } from '../core/error.ts';
import { certificateFromDer } from './certificate.ts';
import type { Certificate } from './certificate.ts';
import { parsePrivateKey } from './key.ts';
import { samePublicKey } from './public-key.ts';

const BEGIN = '-----BEGIN CERTIFICATE-----';
const END = '-----END CERTIFICATE-----';
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
/** A clock may be this far behind the CA's before a fresh certificate looks as if it were from the future. */
const CLOCK_TOLERANCE = 3_600_000;
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
const ANY_USAGE = '2.5.29.37.0';

/**
 * A PEM chain, leaf first. CRLF, blank lines, lines that start with `#` and text in front of a certificate (RFC 7468
 * section 2) are passed over; other PEM blocks, and text after the last certificate, are refused.
 * @throws DomainError `invalid-certificate`
 */
export function parseChain(pem: string): Certificate[] {
  const chain: Certificate[] = [];
  let body: string[] | undefined;
  let skipped: string | undefined;
  for (const line of pem.split(/\r\n|\n|\r/).map((text) => text.trim())) {
    if (line === '' || (body === undefined && line.startsWith('#'))) continue;
    if (line === BEGIN) {
      if (body !== undefined) throw invalid('a certificate begins before the one in front of it has ended');
      body = [];
      skipped = undefined;
    } else if (line === END) {
      if (body === undefined) throw invalid('a certificate ends that never began');
      chain.push(parseCertificate(body.join('')));
      body = undefined;
    } else if (line.startsWith('-----')) {
      throw invalid(`it holds "${line.slice(0, 40)}" where only certificates belong`);
    } else if (body !== undefined) {
      body.push(line);
    } else {
      skipped = line;
    }
  }
  if (body !== undefined) throw invalid('the last certificate is cut off');
  if (chain.length === 0) throw invalid(`there is no "${BEGIN}" in it`);
  if (skipped !== undefined) throw invalid('there is other text after the last certificate');
  return chain;
}

function parseCertificate(base64: string): Certificate {
  if (base64.length % 4 !== 0 || !BASE64.test(base64)) throw invalid('what stands between BEGIN and END is not base64');
  return certificateFromDer(Uint8Array.from(Buffer.from(base64, 'base64')));
}

function invalid(why: string): DomainError {
  return new DomainError('invalid-certificate', `the certificate chain cannot be read: ${why}`);
}

/**
 * Whether what the CA sent is what was ordered, before it replaces anything: made for our key, for exactly these names, usable by
 * a server, valid at `now` (ms since the epoch), and each certificate signed by the one after it. The root is not in a chain, so
 * trust is not judged here.
 * @throws DomainError `certificate-mismatch` with the first difference; `invalid-certificate`, `invalid-key` when unreadable
 */
export function checkIssued(o: { chain: string; privateKey: string; names: readonly string[]; now: number }): void {
  const publicKey = createPublicKey(parsePrivateKey(o.privateKey));
  checkUsage(checkIssuedFor({ ...o, publicKey }));
}

/** The same where only the public key is known, and any use of the certificate may have been asked for. Returns the leaf. */
export function checkIssuedFor(o: {
  chain: string;
  publicKey: KeyObject;
  names: readonly string[];
  now: number;
}): Certificate {
  const chain = parseChain(o.chain);
  const leaf = checkKey(chain, o.publicKey);
  checkNames(leaf, o.names);
  for (const certificate of chain) checkValidity(certificate, o.now);
  checkSignatures(chain);
  return leaf;
}

function checkKey(chain: readonly Certificate[], publicKey: KeyObject): Certificate {
  const position = chain.findIndex((certificate) => samePublicKey(certificate.publicKey, publicKey));
  const leaf = chain[position];
  if (leaf === undefined) throw mismatch('the certificate is for another key than the one it was ordered with');
  if (position > 0)
    throw mismatch(`the chain is in the wrong order: the certificate itself comes as number ${position + 1}`);
  return leaf;
}

function checkNames(leaf: Certificate, names: readonly string[]): void {
  const got = new Set(leaf.names);
  const ordered = new Set(names.map((name) => name.toLowerCase()));
  const missing = [...ordered.difference(got)];
  const surplus = [...got.difference(ordered)];
  if (missing.length > 0) throw mismatch(`the certificate lacks ${list(missing)}`);
  if (surplus.length > 0) throw mismatch(`the certificate is also for ${list(surplus)}, which was not ordered`);
}

function checkUsage(leaf: Certificate): void {
  if (leaf.x509.ca) throw mismatch('the certificate is a CA certificate, not one for a server');
  // `keyUsage` is node's name for the EXTENDED key usage; absent means unrestricted (RFC 5280 section 4.2.1.12).
  const usages = leaf.x509.keyUsage as readonly string[] | undefined;
  if (usages !== undefined && !usages.includes(SERVER_AUTH) && !usages.includes(ANY_USAGE)) {
    throw mismatch('the certificate may not be used by a server (its extended key usage lacks serverAuth)');
  }
}

function checkValidity(certificate: Certificate, now: number): void {
  if (certificate.notBefore > now + CLOCK_TOLERANCE) {
    throw mismatch(
      `"${certificate.subject}" is valid only from ${time(certificate.notBefore)}, and it is ${time(now)} here; check this machine's clock`,
    );
  }
  if (certificate.notAfter < now) {
    throw mismatch(
      `"${certificate.subject}" expired at ${time(certificate.notAfter)}, and it is ${time(now)} here; check this machine's clock`,
    );
  }
}

function checkSignatures(chain: readonly Certificate[]): void {
  for (const [index, issuer] of chain.entries()) {
    const certificate = chain[index - 1];
    if (certificate === undefined) continue;
    const signed =
      issuer.x509.ca && certificate.x509.checkIssued(issuer.x509) && certificate.x509.verify(issuer.publicKey);
    if (!signed)
      throw mismatch(
        `the chain is broken: "${certificate.subject}" is not signed by "${issuer.subject}", which follows it`,
      );
  }
}

function list(names: readonly string[]): string {
  const shown = names.slice(0, 5).join(', ');
  return names.length > 5 ? `${shown} and ${names.length - 5} more` : shown;
}

function time(milliseconds: number): string {
  return Number.isFinite(milliseconds)
    ? new Date(milliseconds).toISOString().replace(/\.\d+Z$/, 'Z')
    : 'an unreadable time';
}

function mismatch(what: string): DomainError {
  return new DomainError(
    'certificate-mismatch',
    `the CA sent something else than was ordered: ${what}; it was not put in place`,
    {
      retry: { kind: 'backoff' },
    },
  );
}
