import { chownSync, existsSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import type { LoadedConfig } from '../config/config.ts';
import { auditOperator, type OperatorChange } from '../telemetry/audit-log.ts';
import type { ConfigSource } from './config-source.ts';
import { openLogger } from './open-logger.ts';

/**
 * Writes what is done to accounts at the command line beside what is done over HTTP: in the log file. Without one there is no log that
 * this process could add to. Opened before the change, since none may go unseen. @throws DomainError `file-not-writable`
 */
export async function openOperatorLog(
  loaded: LoadedConfig,
  source: ConfigSource,
): Promise<(change: Omit<OperatorChange, 'by'>) => void> {
  const { data, log } = loaded.config;
  if (log.file === undefined) return () => {};
  const isNew = !existsSync(log.file);
  const audit = auditOperator(await openLogger(loaded, source));
  if (isNew) giveToServer(log.file, data);
  const by = operator(source.environment);
  return (change) => audit({ ...change, by });
}

/** A file that root has made would be closed to `serve`, which seldom runs as root. */
function giveToServer(file: string, data: string): void {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = statSync(data);
  chownSync(file, uid, gid);
}

/** Who is at the command line; behind sudo, who that was. */
function operator(environment: ConfigSource['environment']): string {
  const before = environment['SUDO_USER'];
  if (before !== undefined && before !== '') return before;
  try {
    return userInfo().username;
  } catch {
    // In a container a user often has no name.
    return `uid ${process.getuid?.()}`;
  }
}
