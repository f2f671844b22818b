import { resolve } from 'node:path';
import type { AcmeDnsValues } from './acme-dns-keys.ts';
import type { Notes } from './acme-dns-notes.ts';
import { quoted } from './field.ts';
import type { Tree } from './tree.ts';

/** acme-dns v1 documents `warning` and takes `warn` for all that it does not know; v2 documents `warning` and takes only `warn`. */
const LEVELS: Readonly<Record<string, string>> = {
  debug: 'debug',
  info: 'info',
  warn: 'warn',
  warning: 'warn',
  error: 'error',
  fatal: 'error',
  panic: 'error',
};

/** `[logconfig]` of acme-dns in our words. */
export function acmeDnsLog(log: AcmeDnsValues['logconfig'], folders: readonly string[], notes: Notes): Tree {
  const { loglevel = 'info', logtype = 'stdout', logfile = '', logformat } = log;
  const level = LEVELS[loglevel.toLowerCase() || 'info'];
  if (level === undefined)
    notes.warn('logconfig.loglevel', `logconfig.loglevel ${quoted(loglevel)} is unknown, and taken for "info"`);
  const toFile = logtype === 'file';
  if (toFile && logfile === '')
    notes.warn('logconfig.logfile', 'logconfig.logfile is missing; the log goes to standard error');
  return {
    level: level ?? 'info',
    format: logformat === 'json' ? 'json' : 'text',
    file: toFile && logfile !== '' ? resolve(folders[0] ?? '.', logfile) : undefined,
  };
}
