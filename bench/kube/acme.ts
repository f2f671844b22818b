import { certificateYaml, issuerYaml, startKubeAcmeWorld } from '../../test/peers/kube-acme-world.ts';
import type { KubeAcmeOptions, KubeAcmeWorld } from '../../test/peers/kube-acme-world.ts';
import { median } from '../issuance/median.ts';
import type { Figure, Measuring } from './figure.ts';
import { cpuSeconds, peakMegabytes } from './process-usage.ts';
import { untilReady } from './until-ready.ts';

const TIMEOUT = 300_000;

/** A controller with its own DNS server, every check on, and Pebble without its sleeps and without nonces refused for practice. */
export async function inAcmeWorld<T>(options: KubeAcmeOptions, use: (world: KubeAcmeWorld) => Promise<T>): Promise<T> {
  const env = { PEBBLE_VA_NOSLEEP: '1', PEBBLE_WFE_NONCEREJECT: '0', PEBBLE_AUTHZREUSE: '0' };
  const world = await startKubeAcmeWorld({ ...options, pebble: { ...options.pebble, env } });
  try {
    await world.apply(issuerYaml(world.chain));
    await world.cluster.kubectl(['wait', '--for=condition=Ready', '--timeout=30s', 'clusterissuer/pebble']);
    return await use(world);
  } catch (error) {
    throw new Error(`the controller wrote: ${world.controller().output().slice(-3000)}`, { cause: error });
  } finally {
    await world.stop();
  }
}

/** One Certificate for an apex and its wildcard, from kubectl to Ready; the median of some. */
export async function measureOne(
  { quick, say }: Measuring,
  retryAfter: { readonly authz: number; readonly order: number },
): Promise<readonly Figure[]> {
  const rounds = quick ? 1 : 5;
  const slow = retryAfter.authz > 0;
  return inAcmeWorld({ pebble: { retryAfter } }, async (world) => {
    const times: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      times.push(await timeOf(world, [`one${round}`]));
      say(`  ${Math.round(times.at(-1) ?? 0)} ms`);
    }
    return [
      {
        name: slow ? 'acmeOneRetryAfterSeconds' : 'acmeOneSeconds',
        about: `ACME, apex and wildcard, ${slow ? `Retry-After ${retryAfter.authz} s and ${retryAfter.order} s` : 'no Retry-After'}`,
        certManager: '127-144 s (6.5-13.5 s without self-check)',
        measured: median(times) / 1000,
        // The CA asks to be left alone for longer than that: what is then at most depends on what it asks for.
        atMost: slow ? undefined : 2,
        unit: 's',
      },
    ];
  });
}

/** So many such Certificates applied at once. */
export async function measureMany(
  { say }: Measuring,
  count: number,
  beside: { readonly certManager: string; readonly atMost: number },
): Promise<readonly Figure[]> {
  return inAcmeWorld({}, async (world) => {
    const { pid } = world.controller();
    const cpu = cpuSeconds(pid);
    const names = Array.from({ length: count }, (_, index) => `n${index}`);
    const milliseconds = await timeOf(world, names, (line) => say(line));
    say(`  ${(cpuSeconds(pid) - cpu).toFixed(1)} CPU s, ${Math.round(peakMegabytes(pid))} MB at most`);
    return [
      {
        name: `acme${count}Seconds`,
        about: `${count} of them at once, to all Ready`,
        ...beside,
        measured: milliseconds / 1000,
        unit: 's',
      },
    ];
  });
}

async function timeOf(
  world: KubeAcmeWorld,
  names: readonly string[],
  say: (line: string) => void = () => {},
): Promise<number> {
  const domainOf = (name: string): string => `${name}.example.org`;
  await world.delegate(names.map(domainOf));
  const yaml = names.map((name) => certificateYaml(name, [domainOf(name), `*.${domainOf(name)}`])).join('');
  const started = performance.now();
  const ready = untilReady(world.cluster, names, TIMEOUT);
  await Promise.all([
    ready,
    world.apply(yaml).then(() => say(`  kubectl apply took ${Math.round(performance.now() - started)} ms of it`)),
  ]);
  return performance.now() - started;
}
