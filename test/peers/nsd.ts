import { startUserZones } from './user-zones.ts';
import type { UserZones, UserZonesOptions } from './user-zones.ts';
import { peer } from './require-peer.ts';

/** NSD on a free port of 127.0.0.1. */
export function startNsd(options: UserZonesOptions): Promise<UserZones> {
  return startUserZones(
    {
      name: 'nsd',
      command: peer('nsd').path,
      args: (configFile) => ['-d', '-c', configFile],
      config: ({ folder, port, zones }) => `
server:
  server-count: 1
  ip-address: 127.0.0.1@${port}
  do-ip6: no
  username: ""
  zonesdir: "${folder}"
  database: ""
  pidfile: "${folder}/nsd.pid"
  xfrdfile: "${folder}/xfrd.state"
  zonelistfile: "${folder}/zone.list"
  xfrdir: "${folder}"
  tcp-count: 200
  rrl-ratelimit: 0
remote-control:
  control-enable: no
${zones.map((zone) => `zone:\n  name: "${zone}"\n  zonefile: "${zone}.zone"\n`).join('')}`,
    },
    options,
  );
}
