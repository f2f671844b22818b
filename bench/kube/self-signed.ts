import { certificateYaml } from '../../test/peers/kube-acme-world.ts';
import { inControllerWorld, SELF_SIGNED } from './controller-world.ts';
import type { Figure, Measuring } from './figure.ts';
import { cpuSeconds, peakMegabytes } from './process-usage.ts';
import { untilReady } from './until-ready.ts';

/** Given to kubectl at once: it takes a minute at most for anything. */
const PIECE = 500;
const TIMEOUT = 600_000;

/** Certificates with RSA keys signed by themselves: nothing but keys and writes. */
export async function measureSelfSigned({ quick }: Measuring): Promise<readonly Figure[]> {
  const count = quick ? 100 : 2000;
  return inControllerWorld(async ({ cluster, controller: { pid } }) => {
    await cluster.kubectl(['apply', '-f', '-'], SELF_SIGNED);
    await cluster.kubectl(['wait', '--for=condition=Ready', '--timeout=30s', 'clusterissuer/self-signed']);
    const names = Array.from({ length: count }, (_, index) => `s${index}`);
    const cpu = cpuSeconds(pid);
    const started = performance.now();
    const apply = async (): Promise<void> => {
      for (let at = 0; at < count; at += PIECE) {
        const piece = names
          .slice(at, at + PIECE)
          .map((name) => certificateYaml(name, [`${name}.local`], 'self-signed'));
        await cluster.kubectl(['create', '-f', '-'], piece.join(''));
      }
    };
    await Promise.all([untilReady(cluster, names, TIMEOUT), apply()]);
    const about = `${count} SelfSigned, RSA 2048`;
    const isFull = !quick;
    return [
      {
        name: 'selfSignedSeconds',
        about: `${about}, to all Ready`,
        certManager: '211 s',
        measured: (performance.now() - started) / 1000,
        atMost: isFull ? 150 : undefined,
        unit: 's',
      },
      {
        name: 'selfSignedCpuSeconds',
        about: `${about}, processor`,
        certManager: '164 CPU s',
        measured: cpuSeconds(pid) - cpu,
        atMost: isFull ? 100 : undefined,
        unit: 'CPU s',
      },
      {
        name: 'selfSignedPeakMegabytes',
        about: `${about}, memory at most`,
        certManager: '405 MB',
        measured: peakMegabytes(pid),
        atMost: isFull ? 250 : undefined,
        unit: 'MB',
      },
    ];
  });
}
