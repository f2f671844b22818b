import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Whether the oracle is here; tests that need it are skipped without. */
export const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

/** Runs openssl with these files in its folder; returns its exit code and all it said. */
export function openssl(
  args: readonly string[],
  files: Readonly<Record<string, string | Uint8Array>> = {},
): { code: number | null; said: string } {
  const folder = mkdtempSync(join(tmpdir(), 'evercert-openssl-'));
  try {
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content, { mode: 0o600 });
    const { status, stderr, stdout } = spawnSync('openssl', args, { cwd: folder, encoding: 'utf8', timeout: 20_000 });
    return { code: status, said: stdout + stderr };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
