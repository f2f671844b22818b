import assert from 'node:assert/strict';
import { Resolver } from 'node:dns/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { EXIT } from '../../src/cli/exit-code.ts';
import { startChain, DOMAIN } from './chain.ts';
import type { Chain } from './chain.ts';
import { startEvercert, writeConfig } from './evercert.ts';
import { assertFiles, evercert, eventOf, eventsOf, startObeyed } from './issue.ts';
import { peers } from './require-peer.ts';
import { tempFolder } from './temp-folder.ts';

// kill -9 of the whole `evercert issue` at the moment when it says a thing, or when Pebble's log shows that the CA has
// done a thing whose answer may not have arrived; then the same command again.

const MOST_ATTEMPTS = 5;

type Moment = { readonly says: string } | { readonly pebbleLogs: RegExp };

const MOMENTS: readonly Moment[] = [
  { says: 'delegation.registered' },
  { says: 'delegation.needed' },
  { says: 'delegation.seen' },
  { pebbleLogs: /accounts in memory/ },
  { says: 'account.registered' },
  { pebbleLogs: /Added order "/ },
  { says: 'order.created' },
  { pebbleLogs: /\/authZ\// },
  { says: 'challenge.presented' },
  { pebbleLogs: /\/chalZ\// },
  { says: 'challenge.accepted' },
  { pebbleLogs: /Starting \d+ validations/ },
  { says: 'challenge.asked' },
  { pebbleLogs: /set VALID by completed challenge/ },
  { says: 'authorization.valid' },
  { pebbleLogs: /Processing finalization/ },
  { says: 'order.finalized' },
  { pebbleLogs: /Issued certificate serial/ },
  { pebbleLogs: /\/certZ\// },
  { says: 'certificate.issued' },
  { says: 'certificate.delivered' },
  { says: 'challenge.removed' },
];

describe('kill -9', { skip: peers('pebble', 'nsd', 'unbound', 'openssl') }, () => {
  let chain: Chain;

  before(async () => {
    chain = await startChain({ pebble: { env: { PEBBLE_WFE_NONCEREJECT: '0' } } });
  });
  after(() => chain.stop());

  for (const [index, moment] of MOMENTS.entries()) {
    const title = 'says' in moment ? `at ${moment.says}` : `when Pebble logs ${moment.pebbleLogs.source}`;
    test(title, async () => {
      for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt += 1) {
        if ((await killAndRunAgain(chain, `k${index}-${attempt}.${DOMAIN}`, moment)) === 'issued') return;
      }
      assert.fail(`${MOST_ATTEMPTS} times the program was not back within the 2 s that Pebble waits for DNS`);
    });
  }
});

/**
 * 'ca-gave-up': the CA was told to look, and looked while nobody was there. Pebble waits 2 s for an answer, and a machine with other work
 * may take longer to start a program: then it must be said, cleaned up and counted, and the moment is tried again.
 */
async function killAndRunAgain(chain: Chain, domain: string, moment: Moment): Promise<'issued' | 'ca-gave-up'> {
  const names = [domain, `*.${domain}`];
  const folder = tempFolder('kill').path;
  const config = writeConfig(chain, { folder });
  const command = ['issue', ...names, '--config', config];
  const earlier = chain.pebble.counts();
  const logged = chain.pebble.output().length;

  const killed = await killAt(chain, command, moment);
  const second = await (await startObeyed(chain, command)).ended;

  const all = { ...second, events: [...killed.events, ...second.events] };
  const urls = [...eventsOf(all, 'order.created'), ...eventsOf(all, 'order.resumed')].map(({ url }) => url);
  assert.ok(new Set(urls.filter((url) => url !== '')).size <= 1, `one order: ${urls.join(' ')}`);
  const { target } = eventsOf(all, 'delegation.registered')[0] ?? eventOf(all, 'delegation.seen');
  assert.deepEqual(await textsServed(chain, config, String(target)), []);
  if (/set INVALID by completed challenge/.test(chain.pebble.output().slice(logged))) {
    assert.equal(second.code, EXIT.temporary, second.output);
    assert.match(second.output, /could not validate/);
    assert.deepEqual(difference(chain.pebble.counts(), earlier), { orders: 1, certificates: 0, accounts: 1 });
    return 'ca-gave-up';
  }

  assert.equal(second.code, EXIT.ok, second.output);
  assert.deepEqual(difference(chain.pebble.counts(), earlier), { orders: 1, certificates: 1, accounts: 1 });
  const wanted = { names, root: await chain.pebble.issuingRoot() };
  const leaf = assertFiles(join(folder, 'data', 'certificates', domain), wanted);
  const [issued] = eventsOf(all, 'certificate.issued');
  if (issued !== undefined) assert.equal(leaf.serialNumber.toLowerCase(), issued['serial']);
  const third = await evercert(...command);
  assert.equal(third.code, EXIT.ok, third.output);
  assert.deepEqual(difference(chain.pebble.counts(), earlier), { orders: 1, certificates: 1, accounts: 1 });
  return 'issued';
}

/** Runs until the moment, and kills. Fails when the moment never comes. */
async function killAt(chain: Chain, command: readonly string[], moment: Moment) {
  const run = await startObeyed(chain, command);
  const kill = (): void => run.process.signal('SIGKILL');
  const unwatch = chain.pebble.onLog((piece) => {
    if ('pebbleLogs' in moment && moment.pebbleLogs.test(piece)) kill();
  });
  run.onEvent(({ event }) => {
    if ('says' in moment && event === moment.says) kill();
  });
  const outcome = await run.ended;
  unwatch();
  // After its last event the program may be through before the signal arrives.
  const mayBeThrough = 'says' in moment && moment.says === 'challenge.removed' && outcome.code === 0;
  assert.ok(outcome.code === 'SIGKILL' || mayBeThrough, outcome.output);
  return outcome;
}

/** The TXT values that `evercert serve` gives out at a name, from the same data folder. */
async function textsServed(chain: Chain, config: string, name: string): Promise<readonly string[]> {
  const resolver = new Resolver({ timeout: 1000, tries: 2 });
  resolver.setServers([chain.at.ourDns]);
  const ask = async (): Promise<string[] | undefined> => {
    try {
      return (await resolver.resolveTxt(name)).flat();
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'ENODATA' ? [] : undefined;
    }
  };
  const server = await startEvercert(['serve', '--config', config], { ready: async () => (await ask()) !== undefined });
  try {
    return (await ask()) ?? ['no answer'];
  } finally {
    await server.process.stop();
  }
}

function difference<T extends Readonly<Record<string, number>>>(now: T, then: T): Record<string, number> {
  return Object.fromEntries(Object.entries(now).map(([key, value]) => [key, value - (then[key] ?? 0)]));
}
