import { join } from 'node:path';
import type { DomainName } from '../core/domain-name.ts';
import { firstExisting } from './acme-dns-database.ts';
import type { AcmeDnsValues } from './acme-dns-keys.ts';
import { acmeDnsApiListeners, acmeDnsHost } from './acme-dns-listen.ts';
import type { Notes } from './acme-dns-notes.ts';
import type { ApiTlsByAcme } from './config.ts';
import { nearest } from './did-you-mean.ts';
import { quoted } from './field.ts';
import { findKnownCa } from './known-ca.ts';
import { parseContact, parseHeaderName } from './text.ts';
import type { Tree } from './tree.ts';

type ApiValues = AcmeDnsValues['api'];

/** Values of api.tls for which every version of acme-dns, or v1, speaks plain HTTP. */
const PLAIN = ['', 'none', 'off', 'no', 'false', 'disabled', 'disable'];
/** Which CA, and the folder in which acme-dns (certmagic) keeps what it got from there. */
const BY_ACME: Readonly<Record<string, { ca: string; folder: string }>> = {
  letsencrypt: { ca: 'letsencrypt', folder: 'acme-v02.api.letsencrypt.org-directory' },
  letsencryptstaging: { ca: 'letsencrypt-staging', folder: 'acme-staging-v02.api.letsencrypt.org-directory' },
};

/** `[api]` of acme-dns in our words. */
export function acmeDnsApi(api: ApiValues, folders: readonly string[], hasIPv6: boolean, notes: Notes): Tree {
  const { ip = '', port = '' } = api;
  if (port === '') notes.warn('api.port', 'api.port is missing, so there is no API: acme-dns takes any free port');
  const isHost = notes.take('api.ip', () => acmeDnsHost(ip)) !== undefined;
  const listen = isHost ? notes.take('api.port', () => acmeDnsApiListeners(ip, port, hasIPv6)) : undefined;
  return {
    listen: listen ?? [],
    registration: api.disable_registration === true ? 'closed' : 'open',
    cors_origins: api.corsorigins ?? [],
    source_header: sourceHeader(api, notes),
    ...tlsFiles(api, folders, notes),
  };
}

/** The certificate of the API where acme-dns gets it by itself; undefined otherwise. */
export function acmeDnsTls(
  api: ApiValues,
  domain: DomainName,
  folders: readonly string[],
  notes: Notes,
): ApiTlsByAcme | undefined {
  const found = BY_ACME[api.tls?.toLowerCase() ?? ''];
  if (found === undefined) return undefined;
  const { notification_email: email = '', acme_cache_dir: cache = '' } = api;
  const contact =
    email === ''
      ? undefined
      : notes.tryTake('api.notification_email', () => parseContact(email), 'the CA gets no address');
  const before = join(firstExisting(cache || 'api-certs', folders), 'certificates', found.folder, domain, domain);
  return {
    kind: 'acme',
    directory: findKnownCa(found.ca)?.directory ?? found.ca,
    contact: contact === undefined ? [] : [contact],
    name: domain,
    before: { kind: 'files', certificateFile: `${before}.crt`, keyFile: `${before}.key` },
  };
}

function sourceHeader(api: ApiValues, notes: Notes): string | undefined {
  const { header_name: name = '' } = api;
  if (api.use_header !== true) return undefined;
  const instead = 'the address of the connection is taken';
  if (name !== '') return notes.tryTake('api.header_name', () => parseHeaderName(name), instead);
  notes.warn('api.use_header', `api.use_header is true and api.header_name is missing; ${instead}`);
  return undefined;
}

function tlsFiles(api: ApiValues, folders: readonly string[], notes: Notes): Tree {
  const tls = api.tls?.toLowerCase();
  if (tls === undefined) {
    notes.warn(
      'api.tls',
      'api.tls is missing, so the API speaks plain HTTP, as in acme-dns v1; write tls = "none" for that',
    );
    return {};
  }
  if (PLAIN.includes(tls) || Object.hasOwn(BY_ACME, tls)) return {};
  if (tls !== 'cert') {
    const near = nearest(tls, ['cert', 'none', ...Object.keys(BY_ACME)]);
    const hint =
      near === undefined ? 'write letsencrypt, letsencryptstaging, cert or none' : `did you mean ${quoted(near)}?`;
    notes.fault('api.tls', `api.tls cannot be used: ${quoted(api.tls ?? '')} is not possible here; ${hint}`);
    return {};
  }
  const { tls_cert_fullchain: chain = '', tls_cert_privkey: key = '' } = api;
  if (chain === '' || key === '') {
    notes.fault(
      'api.tls',
      'api.tls is "cert", and for that both api.tls_cert_fullchain and api.tls_cert_privkey are needed; write them, or tls = "none"',
    );
    return {};
  }
  return { tls_cert: firstExisting(chain, folders), tls_key: firstExisting(key, folders) };
}
