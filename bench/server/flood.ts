import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { encodeMessage } from '../../src/dns/message.ts';
import type { QueryType } from '../../src/dns/record.ts';

// Sends questions without waiting for answers, as fast as one thread can: flood.ts PORT FILE SECONDS. Prints how many a second.
const [, , portText = '', file = '', secondsText = ''] = process.argv;
const [port, seconds] = [Number(portText), Number(secondsText)];
const packets = readFileSync(file, 'utf8')
  .trim()
  .split('\n')
  .map((line, id) => {
    const [name = '', type = 'A'] = line.split(' ');
    const question = { name, type: type as QueryType, class: 1 };
    const nothing = { answers: [], authority: [], additional: [], edns: undefined };
    return encodeMessage({ id, flags: 0, opcode: 0, rcode: 'NOERROR', questions: [question], ...nothing });
  });
const socket = createSocket('udp4');
await new Promise<void>((resolve) => {
  socket.connect(port, '127.0.0.1', resolve);
});
socket.on('error', () => {}).on('message', () => {});
const started = performance.now();
let sent = 0;
while (performance.now() - started < seconds * 1000) {
  for (let burst = 0; burst < 64; burst += 1) socket.send(packets[sent++ % packets.length] ?? '');
  await nextTurn();
}
socket.close();
console.log(sent / seconds);
