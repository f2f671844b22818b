// Installs exactly what package-lock.json says, once per lock file. Runs on any Node from 18 on: Node 26 is one of the packages.
// npm install and not npm ci: both hold to the lock file and its checksums, but npm ci removes every package first, also from under a
// process that runs on them.
//   node scripts/install.mjs         what the program needs
//   node scripts/install.mjs --dev   what its tests need as well
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const lock = join(root, 'package-lock.json');
const stamp = join(root, 'node_modules', '.evercert-lock');
// Who has the packages of the tests keeps them: the program itself, started from a clone, must not take them away.
const development = process.argv.includes('--dev') || existsSync(join(root, 'node_modules', 'typescript'));

const isCurrent =
  existsSync(stamp) &&
  readFileSync(stamp, 'utf8') === readFileSync(lock, 'utf8') &&
  (!development || existsSync(join(root, 'node_modules', 'typescript')));

if (!isCurrent) {
  console.error(`evercert: installing the locked packages${development ? ', with those of the tests' : ''} ...`);
  const npm = spawnSync('npm', ['install', '--no-save', '--ignore-scripts', ...(development ? [] : ['--omit=dev'])], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  });
  if (npm.status !== 0) {
    console.error('evercert: npm install failed (see above); check the network and run this again');
    process.exit(69);
  }
  copyFileSync(lock, stamp);
}
