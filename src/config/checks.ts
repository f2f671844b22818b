import { parseDomainName } from '../core/domain-name.ts';
import type { DomainError } from '../core/error.ts';
import { messageOf } from '../core/error.ts';
import { formatAddress } from './address.ts';
import type { Address } from './address.ts';
import type { SecretVariables } from './environment.ts';
import { fault } from './faults.ts';
import type { Locate } from './faults.ts';
import type { Settings } from './settings.ts';
import { hasCredentials } from './url.ts';

/** Room for a label of our own (36 characters and a dot) below the zone, in the 253 that a name has (RFC 1035 section 2.3.4). */
const LONGEST_ZONE = 253 - 37;

/** A file name that is no path, and no name that means a folder. */
const FILE_NAME = /^[a-z0-9_][a-z0-9._-]{0,179}$/i;

/** Faults between keys, each of which is good by itself. */
export function checkSettings(settings: Settings, locate: Locate, secrets: SecretVariables): DomainError[] {
  return [
    ...checkZone(settings, locate),
    ...checkListeners(settings, locate),
    ...checkApi(settings, locate),
    ...checkDatabase(settings, locate, secrets),
    ...checkAcme(settings, locate, secrets),
    ...checkDns01(settings, locate),
    ...checkCertificates(settings, locate),
  ];
}

function checkZone({ zone, other_zone: others }: Settings, locate: Locate): DomainError[] {
  const seen = new Set<string>(zone === undefined ? [] : [zone.name]);
  const twice = others.flatMap(({ name }, index) => {
    const isNew = !seen.has(name);
    seen.add(name);
    if (isNew) return [];
    return [fault(locate(['other_zone', index, 'name']), `the zone ${name} is there twice; put its records into one`)];
  });
  if (others.length > 0 && zone === undefined) {
    const message = 'other_zone is served beside a [zone], and there is none; add it';
    return [fault(locate(['other_zone', 0]), message)];
  }
  return [...twice, ...checkZoneName(zone, locate)];
}

function checkZoneName(zone: Settings['zone'], locate: Locate): DomainError[] {
  if (zone === undefined || zone.name.length <= LONGEST_ZONE) return [];
  const message = `zone.name has ${zone.name.length} characters, which leaves no room for names below it; choose one of at most ${LONGEST_ZONE}`;
  return [fault(locate(['zone', 'name']), message)];
}

function checkListeners({ dns, api, zone }: Settings, locate: Locate): DomainError[] {
  const faults: DomainError[] = [];
  const seen = new Map<string, string>();
  const take = (key: string, at: Address, transport: string) => {
    const place = `${transport} ${formatAddress(at)}`;
    const before = seen.get(place);
    if (at.port !== 0 && before !== undefined) {
      const both = before === key ? `${key} has ${place} twice` : `${before} and ${key} both want ${place}`;
      faults.push(fault(locate(key.split('.')), `${both}; choose another port for one of them`));
    }
    seen.set(place, key);
  };
  for (const at of dns.listen.flat()) take('dns.listen', at, at.transport.toUpperCase());
  for (const at of api.listen) take('api.listen', at, 'TCP');
  for (const at of api.status_listen) take('api.status_listen', at, 'TCP');
  if ((api.tls_cert === undefined) !== (api.tls_key === undefined)) {
    const [have, lack] = api.tls_cert === undefined ? ['tls_key', 'tls_cert'] : ['tls_cert', 'tls_key'];
    faults.push(
      fault(locate(['api', have]), `api.${have} is there and api.${lack} is not; write both for HTTPS, or neither`),
    );
  }
  if (api.tls !== undefined && zone === undefined) {
    const message =
      'api.tls = "acme" gets a certificate for the name of the zone, and there is no [zone]; add it, or give tls_cert and tls_key';
    faults.push(fault(locate(['api', 'tls']), message));
  }
  if (api.tls !== undefined && (api.tls_cert ?? api.tls_key) !== undefined) {
    faults.push(fault(locate(['api', 'tls']), 'api.tls and api.tls_cert are both there; write one of them'));
  }
  if (dns.tcp_idle <= 0) faults.push(fault(locate(['dns', 'tcp_idle']), 'dns.tcp_idle must be longer than 0s'));
  return faults;
}

function checkApi({ api }: Settings, locate: Locate): DomainError[] {
  const faults: DomainError[] = [];
  const wrong = (key: string, what: string) => faults.push(fault(locate(['api', key]), `api.${key} ${what}`));
  const given = [
    ...(api.registration_networks.length > 0 ? ['registration_networks'] : []),
    ...(api.registration_tokens === undefined ? [] : ['registration_tokens']),
    ...(api.registration_users === undefined ? [] : ['registration_users']),
  ];
  if (api.registration === 'restricted' && given.length === 0) {
    const keys = 'registration_tokens, registration_users or registration_networks';
    wrong('registration', `is "restricted", and nothing says to whom; write ${keys} as well`);
  }
  const [first] = given;
  if (api.registration !== 'restricted' && first !== undefined) {
    wrong(first, `has no effect while api.registration is "${api.registration}"; write registration = "restricted"`);
  }
  if (api.proxy_protocol && api.trusted_proxies.length === 0) {
    wrong('proxy_protocol', 'needs to know who may speak it; write for example trusted_proxies = ["127.0.0.1/32"]');
  }
  return faults;
}

function checkDatabase({ database }: Settings, locate: Locate, secrets: SecretVariables): DomainError[] {
  const { url, password_file } = database;
  const given = password_file === undefined ? 'EVERCERT_DATABASE_PASSWORD' : 'database.password_file';
  if (password_file === undefined && secrets.databasePassword === undefined) return [];
  const where = locate(['database', password_file === undefined ? 'url' : 'password_file']);
  if (url === undefined) {
    return [fault(where, `${given} is there, and database.url is missing; write both, or neither`)];
  }
  if (url.password !== '') {
    return [fault(where, `database.url has a password in it, and ${given} is there as well; write only one of them`)];
  }
  return [];
}

function checkAcme({ acme }: Settings, locate: Locate, secrets: SecretVariables): DomainError[] {
  const hasHmacKey = secrets.hmacKey !== undefined || acme.external_account?.hmac_key_file !== undefined;
  const where = locate(['acme', 'external_account']);
  if (acme.external_account !== undefined && !hasHmacKey) {
    const message =
      'acme.external_account has no HMAC key; write hmac_key_file = "/etc/evercert/eab.key", or set EVERCERT_ACME_EXTERNAL_ACCOUNT_HMAC_KEY';
    return [fault(where, message)];
  }
  if (acme.external_account === undefined && hasHmacKey) {
    const message =
      'there is an HMAC key of an external account, and acme.external_account.key_id is missing; write both, or neither';
    return [fault(where, message)];
  }
  return [];
}

function checkDns01({ dns01 }: Settings, locate: Locate): DomainError[] {
  const faults: DomainError[] = [];
  for (const [zone, servers] of Object.entries(dns01.routes)) {
    const where = locate(['dns01', 'routes', zone]);
    try {
      parseDomainName(zone);
      if (servers.length === 0)
        faults.push(
          fault(where, `dns01.routes has no server for ${zone}; write for example "${zone}" = ["127.0.0.1:5301"]`),
        );
    } catch (error) {
      faults.push(fault(where, `dns01.routes cannot be used: ${messageOf(error)}`));
    }
  }
  const { server, username, password_file } = dns01.acme_dns ?? {};
  const where = locate(['dns01', 'acme_dns']);
  if ((username === undefined) !== (password_file === undefined)) {
    faults.push(fault(where, 'dns01.acme_dns needs both username and password_file, or neither'));
  } else if (username !== undefined && server !== undefined && hasCredentials(server)) {
    faults.push(fault(where, 'dns01.acme_dns has a user in its server URL and in username; write only one of them'));
  }
  return faults;
}

function checkCertificates({ certificate, zone, dns01 }: Settings, locate: Locate): DomainError[] {
  const faults: DomainError[] = [];
  const ids = new Map<string, number>();
  const folders = new Map<string, number>();
  for (const [index, { id, names, output }] of certificate.entries()) {
    const where = locate(['certificate', index]);
    const [first] = names;
    if (first === undefined) {
      faults.push(fault(where, 'certificate has no names; write for example names = ["example.org", "*.example.org"]'));
      continue;
    }
    if (id !== undefined && !FILE_NAME.test(id)) {
      faults.push(
        fault(where, `the id "${id.slice(0, 80)}" cannot be a file name; use letters, digits, dots and hyphens`),
      );
    }
    const called = (id ?? first).toLowerCase();
    if (ids.has(called)) {
      faults.push(
        fault(
          where,
          `a certificate before it is called ${called} as well; write id = "${called.replace('*.', '')}-2" to tell them apart`,
        ),
      );
    }
    ids.set(called, index);
    if (output !== undefined && folders.has(output)) {
      faults.push(
        fault(where, `a certificate before it has its files in ${output} as well; name another folder as output`),
      );
    }
    if (output !== undefined) folders.set(output, index);
  }
  if (certificate.length > 0 && zone === undefined && dns01.acme_dns === undefined) {
    const message =
      "certificates are wanted, and nothing answers their challenges; add a [zone] for our own DNS server, or [dns01.acme_dns] for somebody's acme-dns server";
    faults.push(fault(locate(['certificate', 0]), message));
  }
  return faults;
}
