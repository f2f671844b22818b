import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { askSerial } from './ask-soa.ts';
import { freePort } from './free-port.ts';
import { startProcess } from './process.ts';
import type { RunningProcess } from './process.ts';
import { tempFolder } from './temp-folder.ts';
import { zoneText } from './zone-text.ts';

/** An authoritative server of somebody else, with the zones of the user. */
export interface UserZones {
  readonly address: string;
  readonly port: number;
  /** Record lines in place of those of before; resolves when they are served. */
  replaceZone(zone: string, lines: string): Promise<void>;
  stop(): Promise<void>;
}

export interface UserZonesOptions {
  /** Record lines by zone, see zone-text.ts. */
  readonly zones: Readonly<Record<string, string>>;
}

/** What differs between NSD and Knot: the program, its arguments and its configuration file. Both reload zones at SIGHUP. */
export interface ZoneProgram {
  readonly name: string;
  readonly command: string;
  args(configFile: string): string[];
  config(o: { folder: string; port: number; zones: readonly string[] }): string;
}

const REPLACE_TIMEOUT = 10_000;

export async function startUserZones(program: ZoneProgram, { zones }: UserZonesOptions): Promise<UserZones> {
  const folder = tempFolder(program.name);
  const port = await freePort();
  let serial = 0;
  const names = Object.keys(zones);
  const write = (zone: string, lines: string): number => {
    serial += 1;
    const file = join(folder.path, `${zone}.zone`);
    writeFileSync(`${file}.new`, zoneText(zone, serial, lines));
    renameSync(`${file}.new`, file);
    return serial;
  };
  for (const [zone, lines] of Object.entries(zones)) write(zone, lines);
  const configFile = join(folder.path, `${program.name}.conf`);
  writeFileSync(configFile, program.config({ folder: folder.path, port, zones: names }));
  const server = await startProcess({
    command: program.command,
    args: program.args(configFile),
    ready: async () =>
      (await Promise.all(names.map((zone) => askSerial(port, zone)))).every((found) => found !== undefined),
  });
  return {
    address: '127.0.0.1',
    port,
    async replaceZone(zone, lines) {
      const wanted = write(zone, lines);
      await reload(server, () => askSerial(port, zone), wanted);
    },
    async stop() {
      await server.stop();
      folder.remove();
    },
  };
}

async function reload(
  server: RunningProcess,
  serial: () => Promise<number | undefined>,
  wanted: number,
): Promise<void> {
  const deadline = Date.now() + REPLACE_TIMEOUT;
  server.signal('SIGHUP');
  while ((await serial()) !== wanted) {
    if (Date.now() > deadline) throw new Error(`the new zone is not served; the server wrote:\n${server.output()}`);
    await delay(20);
  }
}
