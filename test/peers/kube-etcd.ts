import { freePort } from './free-port.ts';
import { startProcess } from './process.ts';
import { peer } from './require-peer.ts';

export interface Etcd {
  readonly url: string;
  /** Forgets every revision but the last. */
  compact(): Promise<void>;
  output(): string;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** The store of a test cluster. It does not wait for the disk: nothing of it outlives the test. */
export async function startEtcd(dataFolder: string): Promise<Etcd> {
  const [port, peerPort] = [await freePort(), await freePort()];
  const url = `http://127.0.0.1:${port}`;
  const peerUrl = `http://127.0.0.1:${peerPort}`;
  const server = await startProcess({
    command: peer('etcd').path,
    args: [
      `--data-dir=${dataFolder}`,
      `--listen-client-urls=${url}`,
      `--advertise-client-urls=${url}`,
      `--listen-peer-urls=${peerUrl}`,
      `--initial-advertise-peer-urls=${peerUrl}`,
      `--initial-cluster=default=${peerUrl}`,
      '--unsafe-no-fsync',
      '--log-level=warn',
    ],
    ready: async () => (await fetch(`${url}/health`)).ok,
    timeout: 60_000,
  });

  /** The JSON form of etcd's API: bytes are base64, and numbers of 64 bits are text. */
  async function ask(path: string, body: unknown): Promise<{ header: { revision: string } }> {
    const response = await fetch(`${url}/v3/kv/${path}`, { method: 'POST', body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`etcd: ${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as { header: { revision: string } };
  }

  return {
    url,
    async compact() {
      const { header } = await ask('range', { key: btoa('/') });
      await ask('compaction', { revision: header.revision, physical: true });
    },
    output: () => server.output(),
    stop: (signal) => server.stop(signal),
  };
}
