import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ClientOptions } from './lego.ts';
import { peer } from './require-peer.ts';
import { runProgram } from './run-program.ts';
import { tempFolder } from './temp-folder.ts';

export interface CertbotOptions extends ClientOptions {
  /** Its fixed sleep between TXT and validation; its own default is 10. */
  readonly propagationSeconds?: number;
}

export interface CertbotAnswer {
  /** The whole process. */
  readonly ms: number;
  /** PEM, leaf first. */
  readonly certificate: string;
}

/** certbot with certbot-dns-acmedns: one certificate, with a new account. */
export async function runCertbot(options: CertbotOptions, names: readonly string[]): Promise<CertbotAnswer> {
  const { pebble, acmeDns, accounts, propagationSeconds } = options;
  const folder = tempFolder('certbot');
  const credentials = join(folder.path, 'acme-dns.ini');
  const lines = [`dns_acmedns_api_url = ${acmeDns}`, `dns_acmedns_registration_file = ${accounts}`];
  writeFileSync(credentials, `${lines.join('\n')}\n`, { mode: 0o600 });
  const wait = propagationSeconds === undefined ? [] : [`--dns-acmedns-propagation-seconds=${propagationSeconds}`];
  const run = await runProgram({
    command: peer('certbot').path,
    args: [
      'certonly',
      '--non-interactive',
      '--agree-tos',
      '--register-unsafely-without-email',
      `--server=${pebble.directoryUrl}`,
      '--cert-name=peer',
      '--key-type=ecdsa',
      '--authenticator=dns-acmedns',
      `--dns-acmedns-credentials=${credentials}`,
      ...wait,
      ...['config', 'work', 'logs'].map((kind) => `--${kind}-dir=${join(folder.path, kind)}`),
      ...names.map((name) => `--domain=${name}`),
    ],
    env: { REQUESTS_CA_BUNDLE: pebble.rootFile },
    timeout: 900_000,
  });
  if (run.code !== 0) throw new Error(`certbot ended with ${run.code}:\n${run.output.slice(-4000)}`);
  const certificate = readFileSync(join(folder.path, 'config', 'live', 'peer', 'fullchain.pem'), 'utf8');
  folder.remove();
  return { ms: run.ms, certificate };
}
