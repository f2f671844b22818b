// npm test: installs what the tests need, then checks types, style, format and unused code, then runs every test.
//   npm test                                  everything
//   npm test -- test/peers/chain.test.ts      these files, without the checks; node's own --test-... options pass through
// Runs on any Node from 18 on; all that it starts runs on the locked Node 26.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const programs = join(root, 'node_modules', '.bin');
const environment = { ...process.env, PATH: `${programs}${delimiter}${process.env.PATH ?? ''}` };
const given = process.argv.slice(2);
const files = given.filter((argument) => !argument.startsWith('--'));
const FOLDERS = ['src', 'test', 'bench', 'scripts'];

/** One test may take five minutes: those with certbot and lego wait by their own clocks. A file ends by scripts/test-deadline.mjs. */
const TEST_TIMEOUT = 300_000;
/** All of them together; beyond it something hangs, and an end with a reason is worth more than none. */
const RUN_TIMEOUT = 50 * 60_000;

const installed = spawnSync(process.execPath, [join(root, 'scripts', 'install.mjs'), '--dev'], { stdio: 'inherit' });
if (installed.status !== 0) process.exit(installed.status ?? 1);

const failures = [];
if (files.length === 0) {
  check('types', 'tsc', ['--noEmit']);
  check('lint', 'oxlint', ['--type-aware', '--deny-warnings', ...FOLDERS]);
  check('format', 'oxfmt', ['--check', ...FOLDERS]);
  check('unused code', 'knip', []);
}
const folder = mkdtempSync(join(tmpdir(), 'evercert-test-'));
const skippedFile = join(folder, 'skipped');
check('tests', 'node', [
  '--test',
  '--test-concurrency=2',
  `--import=${pathToFileURL(join(root, 'scripts', 'test-deadline.mjs')).href}`,
  `--test-timeout=${TEST_TIMEOUT}`,
  '--test-reporter=spec',
  '--test-reporter-destination=stdout',
  `--test-reporter=${join(root, 'scripts', 'report-skipped.mjs')}`,
  `--test-reporter-destination=${skippedFile}`,
  ...given.filter((argument) => argument.startsWith('--')),
  ...(files.length > 0 ? files : ['src/**/*.test.ts', 'test/**/*.test.ts']),
]);
const skipped = existsSync(skippedFile) ? readFileSync(skippedFile, 'utf8').trim() : '';
rmSync(folder, { recursive: true, force: true });

if (skipped !== '') console.log(`\nskipped:\n${skipped}`);
if (failures.length > 0) {
  console.log(`\nfailed: ${failures.join(', ')}`);
  process.exit(1);
}

function check(title, program, list) {
  const started = Date.now();
  console.log(`\n> ${title}: ${program} ${program === 'node' ? '--test' : list.join(' ')}`);
  const { status, signal } = spawnSync(join(programs, program), list, {
    cwd: root,
    env: environment,
    stdio: 'inherit',
    timeout: RUN_TIMEOUT,
    killSignal: 'SIGKILL',
  });
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  if (status === 0) return;
  failures.push(title);
  console.log(`> ${title} failed after ${seconds} s (${signal ?? `exit code ${status}`})`);
}
