import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { tempFolder } from '../peers/temp-folder.ts';
import { listing } from './listing.ts';
import { cleanEnvironment, evercert, jsonLines, program } from './run-evercert.ts';

/** Runs a shell line on a terminal of 80 columns, as a person would, and returns what was on the screen. */
async function onTerminal(line: string, env: Readonly<Record<string, string>> = {}): Promise<string> {
  const { stdout } = await promisify(execFile)('script', ['-qec', `stty cols 80 rows 50; ${line}`, '/dev/null'], {
    env: { ...cleanEnvironment(), TERM: 'xterm-256color', TMPDIR: tempFolder('output').path, ...env },
    timeout: 20_000,
  }).catch((error: unknown) => error as { stdout: string });
  return stdout.replaceAll('\r\n', '\n');
}

const ESCAPE = '\u001B';
const noTerminal = existsSync('/usr/bin/script') ? false : 'script(1) is missing';

describe('colour', { skip: noTerminal, concurrency: 2 }, () => {
  test('on a terminal, and every line fits into 80 columns', async () => {
    const screen = await onTerminal(`${program} demo --once`);
    assert.ok(screen.includes(`${ESCAPE}[32mverified`), screen);
    // oxlint-disable-next-line no-control-regex
    for (const line of screen.replaceAll(/\u001B\[\d+m/g, '').split('\n')) {
      assert.ok(line.length <= 80 || /^ {4}\S+$/.test(line), `${line.length} columns: ${line}`);
    }
  });

  // Quicker than the demo, and its first line is bold.
  const status = (): string => {
    const file = join(tempFolder('output').path, 'c.toml');
    writeFileSync(file, 'data = "data"\n[zone]\nname = "auth.example.net"\n[[certificate]]\nnames = ["example.org"]\n');
    return `${program} status --config ${file}`;
  };
  for (const [what, more, env, bold] of [
    ['of status on a terminal', '', {}, `${ESCAPE}[1mexample.org${ESCAPE}[22m`],
    ['none with NO_COLOR', '', { NO_COLOR: '1' }, undefined],
    ['none on a terminal that has none', '', { TERM: 'dumb' }, undefined],
    ['none in json', '-o json', {}, undefined],
    ['none into a pipe', '| cat', {}, undefined],
  ] as const) {
    test(what, async () => {
      const screen = await onTerminal(`${status()} ${more}`, env);
      assert.match(screen, /there is no certificate yet/);
      assert.ok(bold === undefined ? !screen.includes(ESCAPE) : screen.startsWith(bold), screen);
    });
  }
});

describe('an error', { skip: noTerminal }, () => {
  const command = 'issue a.example --server https://127.0.0.1:1/dir --acme-dns http://127.0.0.1:1 --data /tmp/none';

  test('on a terminal is broken at 80 columns', async () => {
    const text = [
      'evercert: the CA at 127.0.0.1:1 cannot be reached: nothing listens there;',
      "  check the directory URL and this machine's network",
      '',
    ];
    assert.equal(await onTerminal(`${program} ${command}`), text.join('\n'));
  });

  test('elsewhere is one line', async () => {
    const { stderr } = await evercert(command.split(' '));
    assert.equal(stderr.trimEnd().split('\n').length, 1);
  });

  test('with -o json is an object as well, with its code and the exit code', async () => {
    const { code, stdout, stderr } = await evercert([...command.split(' '), '-o', 'json']);
    const [{ time, ...failed } = {}, ...more] = jsonLines(stdout);
    const message = stderr.trimEnd().replace('evercert: ', '');
    assert.deepEqual(failed, { event: 'failed', code: 'acme-unreachable', message, exitCode: 4 });
    assert.ok(!Number.isNaN(Date.parse(String(time))));
    assert.deepEqual([code, more], [4, []]);
  });
});

describe('output that nobody reads any more', { concurrency: 2 }, () => {
  /** Runs `evercert ARGS | head -LINES` and returns the exit code of evercert, and what it wrote to standard error. */
  async function headed(args: readonly string[], lines: number) {
    const { path } = tempFolder('output');
    const child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...cleanEnvironment(), TMPDIR: path },
      timeout: 15_000,
    });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (piece: string) => (stderr += piece));
    let read = 0;
    child.stdout.on('data', (piece: Buffer) => {
      read += piece.toString().split('\n').length - 1;
      if (read >= lines) child.stdout.destroy();
    });
    const code = await new Promise<number | null>((resolve) => void child.once('exit', resolve));
    return { code, stderr, left: listing(path) };
  }

  for (const [what, args] of [
    ['demo | head -1', ['demo']],
    ['demo --once -o json | head -1', ['demo', '--once', '-o', 'json']],
  ] as const) {
    test(`${what}: it ends, without a word`, async () => {
      assert.deepEqual(await headed(args, 1), { code: 130, stderr: '', left: [] });
    });
  }

  test('--help | head -1 is no failure', async () => {
    assert.deepEqual(await headed(['--help'], 1), { code: 0, stderr: '', left: [] });
  });
});
