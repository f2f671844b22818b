import { parseDomainName } from '../core/domain-name.ts';
import type { DomainName } from '../core/domain-name.ts';
import { DomainError } from '../core/error.ts';
import { quoted } from './field.ts';

function wrong(message: string): DomainError {
  return new DomainError('invalid-config', message);
}

/** Any text but an empty one. */
export function parseText(text: string): string {
  if (text.trim() === '') throw wrong('it is empty; write something, or leave the key out');
  return text;
}

/** `admin@example.org` or `admin.example.org`, as the name that a SOA has (RFC 1035 section 8): dots before the @ are refused. */
export function parseMailbox(text: string): DomainName {
  const [local = '', ...domain] = text.split('@');
  if (domain.length > 1 || (domain.length === 1 && !/^[a-z0-9_-]+$/i.test(local))) {
    throw wrong(
      `${quoted(text)} cannot stand in a SOA; write an address such as "hostmaster@example.net", without a dot before the @`,
    );
  }
  return parseDomainName(domain.length === 1 ? `${local}.${domain[0]}` : text);
}

/** A mail address, with or without `mailto:` (RFC 8555 section 7.3: no header fields, one address). */
export function parseContact(text: string): string {
  const address = text.replace(/^mailto:/i, '');
  if (!/^[^\s@,?:<>"]+@[^\s@,?:<>"]+\.[^\s@,?:<>".]+$/.test(address)) {
    throw wrong(`${quoted(text)} is not a mail address; write it as in "admin@example.org"`);
  }
  return `mailto:${address}`;
}

export function parseHeaderName(text: string): string {
  if (!/^[!#$%&'*+.^_`|~0-9a-z-]+$/i.test(text)) {
    throw wrong(`${quoted(text)} is not the name of an HTTP header; write it as in "X-Forwarded-For"`);
  }
  return text;
}
