import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

// npm run bench                     what there is
// npm run bench -- all --quick      everything, in short
// npm run bench -- issuance --full  one of them; what follows its name is its own
const BENCHES: Readonly<Record<string, string>> = {
  dns: 'DNS answers per second beside NSD, with few names and with a million, and the memory for them',
  'http-api': 'the acme-dns API: registrations and updates per second',
  issuance: 'certificates on Pebble: one, one with 100 names, 200; and beside lego and certbot',
  server:
    '`evercert serve` with a thousand and a million accounts: updates, DNS meanwhile, floods, dropped connections; --soak SECONDS',
  kube: 'the controller of Kubernetes: certificates, memory, writes, beside what cert-manager needed',
  'start-up': 'from the start of `evercert serve` to its first DNS answer, and its memory at rest',
};

const [wanted, ...options] = process.argv.slice(2);
if (wanted === undefined) {
  console.log('npm run bench -- NAME [--quick] [--json]\n');
  for (const [name, about] of Object.entries(BENCHES)) console.log(`  ${name.padEnd(10)} ${about}`);
  console.log(`  ${'all'.padEnd(10)} one after the other`);
} else if (wanted === 'all' || wanted in BENCHES) {
  for (const name of wanted === 'all' ? Object.keys(BENCHES) : [wanted]) {
    if (wanted === 'all') console.log(`\n${name}`);
    const script = fileURLToPath(new URL(`${name}.ts`, import.meta.url));
    const { status } = spawnSync(process.execPath, [script, ...options], { stdio: 'inherit' });
    if (status !== 0) process.exitCode = 1;
  }
} else {
  console.error(`there is no bench '${wanted}'; there are: ${Object.keys(BENCHES).join(', ')}, all`);
  process.exitCode = 2;
}
