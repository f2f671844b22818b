import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { evercert } from './run-evercert.ts';

const COMMANDS = [
  '',
  'demo',
  'serve',
  'issue',
  'renew',
  'status',
  'revoke',
  'accounts',
  'accounts add',
  'backup',
  'restore',
  'config',
  'config check',
  'import',
  'import acme-dns',
  'kube',
  'kube status certificate',
  'kube renew',
  'kube approve',
  'kube check api',
  'kube check takeover',
  'kube crds',
];

describe('--help', { concurrency: 3 }, () => {
  for (const command of COMMANDS) {
    test(`evercert ${command}: on standard output, in 80 columns`, async () => {
      const args = command.split(' ').filter((word) => word !== '');
      const { code, stdout, stderr } = await evercert([...args, '--help']);
      assert.deepEqual([code, stderr], [0, '']);
      assert.match(stdout, new RegExp(`^Usage: evercert ${command}`));
      for (const line of stdout.split('\n')) assert.ok(line.length <= 80, `${line.length} columns: ${line}`);
    });
  }

  test('lists every command', async () => {
    const { stdout } = await evercert(['--help']);
    const listed = [...stdout.matchAll(/^ {2}(\w+)(?: \[|  )/gm)].map(([, name]) => name);
    const wanted = COMMANDS.filter((name) => name !== '' && !name.includes(' '));
    assert.deepEqual([...wanted, 'help'], [...new Set(listed)]);
  });

  test('says the version', async () => {
    const { code, stdout } = await evercert(['--version']);
    assert.equal(code, 0);
    assert.match(stdout, /^\d+\.\d+\.\d+\n$/);
  });
});
