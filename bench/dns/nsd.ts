import { writeFileSync } from 'node:fs';
import { freePort } from '../../test/peers/free-port.ts';
import { type RunningProcess, startProcess } from '../../test/peers/process.ts';
import { peer } from '../../test/peers/require-peer.ts';
import { ZONE } from './names.ts';

export interface RunningNsd {
  readonly process: RunningProcess;
  readonly port: number;
  stop(): Promise<unknown>;
}

/** NSD with one server process and a zone of these names, with one TXT record for each of them (a name may come twice). */
export async function startNsdOf(
  names: Iterable<{ readonly name: string; readonly value: string }>,
  folder: string,
): Promise<RunningNsd> {
  const port = await freePort();
  const lines = [`$ORIGIN ${ZONE}.`, '@ 60 SOA ns1 admin 1 3600 600 86400 1', '@ 3600 NS ns1', 'ns1 3600 A 127.0.0.1'];
  for (const { name, value } of names) lines.push(`${name}. 1 TXT "${value}"`);
  writeFileSync(`${folder}/zone`, `${lines.join('\n')}\n`);
  const config = `
server:
  server-count: 1
  ip-address: 127.0.0.1@${port}
  username: ""
  zonesdir: "${folder}"
  database: ""
  pidfile: "${folder}/nsd.pid"
  xfrdfile: "${folder}/xfrd.state"
  zonelistfile: "${folder}/zone.list"
  xfrdir: "${folder}"
  rrl-ratelimit: 0
remote-control:
  control-enable: no
zone:
  name: "${ZONE}"
  zonefile: "zone"
`;
  writeFileSync(`${folder}/nsd.conf`, config);
  const args = ['-d', '-c', `${folder}/nsd.conf`];
  const child = await startProcess({ command: peer('nsd').path, args, ready: /nsd started/ });
  return { process: child, port, stop: () => child.stop() };
}
