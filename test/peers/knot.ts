import { startUserZones } from './user-zones.ts';
import type { UserZones, UserZonesOptions } from './user-zones.ts';
import { peer } from './require-peer.ts';

/** Knot DNS on a free port of 127.0.0.1. */
export function startKnot(options: UserZonesOptions): Promise<UserZones> {
  return startUserZones(
    {
      name: 'knot',
      command: peer('knotd').path,
      args: (configFile) => ['-c', configFile],
      config: ({ folder, port, zones }) => `
server:
  rundir: "${folder}"
  listen: 127.0.0.1@${port}
  udp-workers: 1
  tcp-workers: 1
  background-workers: 1
database:
  storage: "${folder}"
  journal-db-max-size: 64M
  timer-db-max-size: 8M
  kasp-db-max-size: 8M
log:
  - target: stderr
    any: info
template:
  - id: default
    storage: "${folder}"
    zonefile-load: whole
    zonefile-sync: -1
    journal-content: none
zone:
${zones.map((zone) => `  - domain: ${zone}\n    file: "${zone}.zone"\n`).join('')}`,
    },
    options,
  );
}
