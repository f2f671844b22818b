import { createSocket } from 'node:dgram';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startEvercert } from '../test/peers/evercert.ts';
import { freePort } from '../test/peers/free-port.ts';
import { tempFolder } from '../test/peers/temp-folder.ts';
import { median } from './issuance/median.ts';

// How long `./evercert serve` takes from the start of the process to its first DNS answer, and the memory it then needs at rest.
const { values } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, json: { type: 'boolean', default: false } },
});
const rounds = values.quick ? 3 : 9;
/** At rest: nothing has been asked for so long. */
const REST = 2000;

/** auth.example.net. SOA, without EDNS. */
const SOA_QUESTION = '1234000000010000000000000461757468076578616d706c65036e65740000060001';

const times: number[] = [];
const memory: number[] = [];
for (let round = 0; round < rounds; round += 1) {
  const folder = tempFolder('bench-start');
  const port = await freePort();
  const file = join(folder.path, 'evercert.toml');
  writeFileSync(
    file,
    `data = "${join(folder.path, 'data')}"
[zone]
name = "auth.example.net"
records = ["auth.example.net. NS ns.auth.example.net.", "ns.auth.example.net. A 127.0.0.1"]
[dns]
listen = ["127.0.0.1:${port}"]
[api]
listen = ["127.0.0.1:${await freePort()}"]
`,
  );
  const start = performance.now();
  const [server] = await Promise.all([
    startEvercert(['serve', '--config', file]),
    firstAnswer(port).then(() => times.push(performance.now() - start)),
  ]);
  await delay(REST);
  memory.push(residentMegabytes(server.process.pid));
  await server.process.stop();
  folder.remove();
}
const figures = {
  firstAnswerMs: Math.round(median(times)),
  slowestFirstAnswerMs: Math.round(Math.max(...times)),
  restMegabytes: Math.round(median(memory)),
};
if (values.json) console.log(JSON.stringify(figures));
else for (const [name, figure] of Object.entries(figures)) console.log(`${name.padEnd(40)}${figure}`);

/** Asks for the SOA every 2 ms until an answer comes. */
async function firstAnswer(port: number): Promise<void> {
  const question = Buffer.from(SOA_QUESTION, 'hex');
  const socket = createSocket('udp4');
  socket.on('error', () => {});
  socket.connect(port, '127.0.0.1');
  try {
    await new Promise<void>((resolve, reject) => {
      const ask = setInterval(() => socket.send(question, () => {}), 2);
      const limit = setTimeout(() => reject(new Error('no DNS answer within 20 s')), 20_000);
      socket.once('message', () => {
        clearInterval(ask);
        clearTimeout(limit);
        resolve();
      });
    });
  } finally {
    socket.close();
  }
}

function residentMegabytes(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}
