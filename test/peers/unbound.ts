import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { freePort } from './free-port.ts';
import { startProcess } from './process.ts';
import { peer } from './require-peer.ts';
import { tempFolder } from './temp-folder.ts';

export interface UnboundOptions {
  /** Who serves which zone: `{ 'example.org': '127.0.0.1@5300' }`, several with a space between. Every other name does not exist. */
  readonly stubs: Readonly<Record<string, string>>;
  /** Longest time in seconds that an answer is kept; default 0, so that each question reaches the servers. */
  readonly cacheSeconds?: number;
}

export interface Unbound {
  readonly address: string;
  readonly port: number;
  /** Forgets all answers. */
  flush(): Promise<void>;
  /** From now on these serve the zone, in place of those before: `127.0.0.2@5300`. */
  serve(zone: string, servers: string): Promise<void>;
  stop(): Promise<void>;
}

/**
 * A recursive resolver on a free port of 127.0.0.1, over UDP and TCP, as the one that a CA asks. It follows CNAMEs from stub to stub,
 * and goes on asking a server that is down for about ten seconds, so that one may be killed and started again under it.
 */
export async function startUnbound(options: UnboundOptions): Promise<Unbound> {
  const folder = tempFolder('unbound');
  const port = await freePort();
  const control = join(folder.path, 'control');
  const configFile = join(folder.path, 'unbound.conf');
  writeFileSync(configFile, configuration(options, { folder: folder.path, port, control }));
  const server = await startProcess({
    command: peer('unbound').path,
    args: ['-d', '-c', configFile],
    ready: async () => (await ask(control, 'status')).includes('is running'),
  });
  return {
    address: '127.0.0.1',
    port,
    async flush() {
      const answer = await ask(control, 'flush_zone .');
      if (!answer.startsWith('ok')) throw new Error(`unbound did not flush its cache: ${answer}`);
    },
    async serve(zone, servers) {
      const answer = await ask(control, `stub_add ${zone} ${servers}`);
      if (!answer.startsWith('ok')) throw new Error(`unbound did not take the servers of ${zone}: ${answer}`);
    },
    async stop() {
      await server.stop();
      folder.remove();
    },
  };
}

/** One command over unbound's control socket: version word, command, answer until the end. */
async function ask(control: string, command: string): Promise<string> {
  const socket = connect(control);
  await once(socket, 'connect');
  socket.write(`UBCT1 ${command}\n`);
  return text(socket);
}

function configuration(
  { stubs, cacheSeconds = 0 }: UnboundOptions,
  { folder, port, control }: { folder: string; port: number; control: string },
): string {
  // The zone that encloses everything answers NXDOMAIN by itself, so nothing ever leaves this machine.
  const openZones = Object.keys(stubs).map((zone) => `  local-zone: "${zone}." transparent\n`);
  const stubZones = Object.entries(stubs).map(
    ([zone, server]) =>
      `stub-zone:\n  name: "${zone}."\n${server
        .split(' ')
        .map((address) => `  stub-addr: ${address}\n`)
        .join('')}  stub-no-cache: ${cacheSeconds === 0 ? 'yes' : 'no'}\n`,
  );
  // Answers that took longer than 1.9 s are thrown away by the versions that know this option; the others refuse to know it.
  const discard = readFileSync(peer('unbound').path).includes('discard-timeout') ? '  discard-timeout: 0\n' : '';
  return `
server:
  interface: 127.0.0.1@${port}
  access-control: 127.0.0.0/8 allow
  do-ip6: no
  do-not-query-localhost: no
  directory: "${folder}"
  pidfile: ""
  username: ""
  chroot: ""
  use-syslog: no
  logfile: ""
  num-threads: 1
  incoming-num-tcp: 400
  outgoing-num-tcp: 50
  module-config: "iterator"
  target-fetch-policy: "0 0 0 0 0"
  cache-max-ttl: ${cacheSeconds}
  cache-max-negative-ttl: ${cacheSeconds}
  udp-connect: no
${discard}  outbound-msg-retry: 8
  infra-cache-max-rtt: 4000
  infra-host-ttl: 1
  infra-keep-probing: yes
  edns-buffer-size: 1232
  local-zone: "." static
${openZones.join('')}${stubZones.join('')}remote-control:
  control-enable: yes
  control-interface: "${control}"
  control-use-cert: no
`;
}
