import { createNameTable } from '../../src/dns/name-table.ts';
import { parseRecordLine } from '../../src/dns/record-line.ts';
import { startDnsServer } from '../../src/dns/server.ts';
import { namesWithValues, ZONE } from './names.ts';

// The server under measurement, a process of its own: serve-names.ts PORT NAMES WORKERS
const [port = 0, count = 1000, workers = 1] = process.argv.slice(2).map(Number);
const names = createNameTable();
for (const { name, value } of namesWithValues(count)) names.set(name, [value]);
const records = [`${ZONE} NS ns1.${ZONE}`, `ns1.${ZONE} A 127.0.0.1`].map((line) => parseRecordLine(line));
const zone = { origin: ZONE, primary: `ns1.${ZONE}` as typeof ZONE, mailbox: `admin.${ZONE}` as typeof ZONE, records };
await startDnsServer({ listeners: [{ address: '127.0.0.1', port, transport: 'udp' }], zones: [zone], names, workers });
console.log('ready');
