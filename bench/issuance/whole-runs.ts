import { join } from 'node:path';
import { registerAcmeDnsAccounts } from '../../test/peers/acme-dns-accounts.ts';
import { runCertbot } from '../../test/peers/certbot.ts';
import type { Chain } from '../../test/peers/chain.ts';
import { DOMAIN } from '../../test/peers/chain.ts';
import { startEvercert, writeConfig } from '../../test/peers/evercert.ts';
import { freePort } from '../../test/peers/free-port.ts';
import { runLego } from '../../test/peers/lego.ts';
import type { ClientOptions } from '../../test/peers/lego.ts';
import { tempFolder } from '../../test/peers/temp-folder.ts';
import { median } from './median.ts';

/** ms from the start of a process that knows no account to its end with the certificate on disk. */
export interface WholeRuns {
  readonly names: number;
  readonly evercertMs: number;
  readonly legoMs: number | undefined;
  readonly certbotMs: number | undefined;
}

/**
 * The same certificate by three clients, each a process of its own with a new account at the CA, all through the HTTP API of one
 * `evercert serve`, each with its own defaults.
 */
export function measureWholeRuns(
  chain: Chain,
  o: { names: readonly string[]; rounds: number; lego: boolean; certbot: boolean },
): Promise<WholeRuns> {
  return withAccounts(chain, o.names, async (options) => {
    const ours: number[] = [];
    for (let round = 0; round < o.rounds; round += 1) ours.push(await runOurs(chain, options, o.names));
    const legoMs = o.lego ? (await runLego(options, [o.names])).ms : undefined;
    const certbotMs = o.certbot ? (await runCertbot(options, o.names)).ms : undefined;
    return { names: o.names.length, evercertMs: median(ours), legoMs, certbotMs };
  });
}

/** `certificates` of one name each, 20 at a time, by lego in one process; ms. */
export function measureManyWithLego(chain: Chain, certificates: number): Promise<number> {
  const domains = Array.from({ length: certificates }, (_, index) => `l${index}.${DOMAIN}`);
  return withAccounts(chain, domains, async (options) => {
    const lists = domains.map((domain) => [domain]);
    return (await runLego(options, lists, 20)).ms;
  });
}

/** Runs with an acme-dns API that has an account for each domain, whose CNAME is in place. */
async function withAccounts<T>(
  chain: Chain,
  names: readonly string[],
  run: (options: ClientOptions) => Promise<T>,
): Promise<T> {
  const folder = tempFolder('bench-api');
  const apiPort = await freePort();
  const acmeDns = `http://127.0.0.1:${apiPort}`;
  const config = writeConfig(chain, { folder: folder.path, apiPort, workers: 1 });
  const server = await startEvercert(['serve', '--config', config], {
    ready: async () => (await fetch(`${acmeDns}/health`)).ok,
  });
  try {
    const accounts = join(folder.path, 'accounts.json');
    const domains = [...new Set(names.map((name) => name.replace(/^\*\./, '')))];
    const targets = await registerAcmeDnsAccounts(acmeDns, domains, accounts);
    await chain.addCnames([...targets].map(([domain, target]) => [`_acme-challenge.${domain}`, target]));
    return await run({ pebble: chain.pebble, acmeDns, accounts, resolver: chain.at.resolver });
  } finally {
    await server.process.stop();
    folder.remove();
  }
}

async function runOurs(chain: Chain, { acmeDns, accounts }: ClientOptions, names: readonly string[]): Promise<number> {
  const folder = tempFolder('bench-ours');
  const config = writeConfig(chain, { folder: folder.path, acmeDns, accounts });
  const start = performance.now();
  const run = await startEvercert(['issue', ...names, '--config', config, '-o', 'json']);
  const { code, output } = await run.ended;
  const ms = performance.now() - start;
  folder.remove();
  if (code !== 0) throw new Error(`evercert issue ended with ${code}:\n${output}`);
  return ms;
}
