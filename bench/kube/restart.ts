import { certificateYaml } from '../../test/peers/kube-acme-world.ts';
import { copyCertificates } from './copy-certificates.ts';
import { inControllerWorld, SELF_SIGNED } from './controller-world.ts';
import type { Figure, Measuring } from './figure.ts';
import { peakMegabytes, residentMegabytes, untilAtRest } from './process-usage.ts';
import { untilReady } from './until-ready.ts';

const TIMEOUT = 600_000;

/** From the start of the process until it has looked at every one of many Certificates that are Ready, and the memory it then needs. */
export async function measureRestart({ quick, say }: Measuring): Promise<readonly Figure[]> {
  const count = quick ? 200 : 10_000;
  return inControllerWorld(async (world) => {
    const { cluster } = world;
    await cluster.kubectl(['apply', '-f', '-'], SELF_SIGNED);
    await cluster.kubectl(['apply', '-f', '-'], certificateYaml('first', ['bench.example.org'], 'self-signed'));
    await untilReady(cluster, ['first'], TIMEOUT);
    // What it does while they are made is not what is measured.
    await world.controller.stop();
    const copying = performance.now();
    await copyCertificates(await cluster.clientFor(undefined, { qps: 10_000, burst: 10_000 }), 'first', count - 1);
    say(`  ${count} made in ${Math.round((performance.now() - copying) / 1000)} s`);

    const started = performance.now();
    await world.restart();
    const { pid } = world.controller;
    const atRest = await untilAtRest(pid, TIMEOUT);
    const memory = residentMegabytes(pid);
    const peak = peakMegabytes(pid);
    const { looked, failed, text } = await metricsOf(world.controller.output());
    if (looked < count || failed > 0)
      throw new Error(`it has looked at ${looked} Certificates of ${count}, ${failed} times in vain`);
    if (/"will be tried again"/.test(world.controller.output()))
      throw new Error('something went wrong after the restart');
    say(
      `  ${looked} looks, ${peak.toFixed(0)} MB at most; after a scrape of ${text.length} characters ${residentMegabytes(pid).toFixed(0)} MB`,
    );
    return [
      {
        name: 'restartSeconds',
        about: `${count} Certificates, controller started anew, until current`,
        certManager: '',
        measured: (atRest - started) / 1000,
        atMost: quick ? undefined : 30,
        unit: 's',
      },
      {
        name: 'restartMegabytes',
        about: `${count} Certificates, memory then`,
        certManager: '',
        measured: memory,
        atMost: quick ? undefined : 400,
        unit: 'MB',
      },
    ];
  });
}

async function metricsOf(log: string): Promise<{ looked: number; failed: number; text: string }> {
  const [, address, port] = /"metrics":\{"address":"([^"]+)","port":(\d+)/.exec(log) ?? [];
  const text = await (await fetch(`http://${address}:${port}/metrics`)).text();
  const value = (name: string): number =>
    Number(
      new RegExp(`^certmanager_controller_${name}\\{controller="certificates"\\} (\\d+)`, 'm').exec(text)?.[1] ?? 0,
    );
  return { looked: value('sync_call_count'), failed: value('sync_error_count'), text };
}
