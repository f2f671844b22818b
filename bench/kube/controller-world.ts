import { freePort } from '../../test/peers/free-port.ts';
import { startKubeCluster } from '../../test/peers/kube-cluster.ts';
import type { KubeCluster } from '../../test/peers/kube-cluster.ts';
import { installOurCrds, startController } from '../../test/peers/kube-controller.ts';
import type { RunningProcess } from '../../test/peers/process.ts';

export interface ControllerWorld {
  readonly cluster: KubeCluster;
  controller: RunningProcess;
  /** Ended as in a rollout, and started anew. */
  restart(): Promise<void>;
}

/** A cluster in which evercert runs with its DNS server, and nobody else asks for anything. */
export async function inControllerWorld<T>(use: (world: ControllerWorld) => Promise<T>): Promise<T> {
  const cluster = await startKubeCluster({ controllers: true });
  let world: ControllerWorld | undefined;
  try {
    await installOurCrds(cluster);
    await cluster.kubectl(['create', 'namespace', 'cert-manager']);
    const flags = [
      '--dns-zone=auth.example.net',
      '--dns-nameserver=ns.example.net',
      `--dns-listen=127.0.0.1:${await freePort()}`,
    ];
    const started: ControllerWorld = {
      cluster,
      controller: await startController(cluster, flags),
      async restart() {
        await started.controller.stop();
        started.controller = await startController(cluster, flags);
      },
    };
    world = started;
    return await use(started);
  } catch (error) {
    throw new Error(`the controller wrote: ${world?.controller.output().slice(-3000) ?? 'nothing'}`, { cause: error });
  } finally {
    await world?.controller.stop();
    await cluster.stop();
  }
}

export const SELF_SIGNED = `apiVersion: cert-manager.io/v1
kind: ClusterIssuer
metadata:
  name: self-signed
spec:
  selfSigned: {}
`;
