import type { LogLevel, Logger } from './logger.ts';

/** A call of the HTTP API that was answered. Nothing in it is secret: who called is a username, and not a key. */
export interface AuditedCall {
  readonly operation: string;
  /** `success`, or the code of the error. */
  readonly result: string;
  readonly status: number;
  /** The address that it came from. */
  readonly from: string | undefined;
  readonly username?: string;
  readonly subdomain?: string;
  readonly domain?: string;
}

/** What is written of each call that worked; constant, so that it can be searched for. What happens at each renewal is for `debug`. */
const DONE: Readonly<Record<string, readonly [level: LogLevel, message: string]>> = {
  register: ['info', 'account registered'],
  update: ['debug', 'value put in place'],
  present: ['debug', 'value put in place'],
  clean: ['debug', 'value taken away'],
  cleanup: ['debug', 'value taken away'],
  change: ['info', 'allow list changed'],
  rotate: ['info', 'key replaced'],
  deregister: ['info', 'account removed'],
  'storage-list': ['info', 'kept accounts listed'],
  'storage-fetch': ['debug', 'kept account read'],
  'storage-put': ['info', 'account kept'],
  'storage-delete': ['info', 'kept account forgotten'],
};

/** Writes who did what at the API, from where, and who was refused. */
export function auditCalls(logger: Logger): (call: AuditedCall) => void {
  return ({ operation, result, status, from, username, subdomain, domain }) => {
    const fields = { operation, from, username, subdomain, domain };
    if (result !== 'success') {
      const [level, message] = refused(status);
      logger[level](message, { ...fields, status, result });
      return;
    }
    const [level, message] = DONE[operation] ?? ['info', 'API called'];
    logger[level](message, fields);
  };
}

/** What the operator of the server did to an account at the command line. */
export interface OperatorChange {
  readonly operation: 'register' | 'change' | 'rotate' | 'deregister';
  /** A user of the machine. */
  readonly by: string;
  readonly username: string;
  readonly subdomain: string;
}

/** In the words of the API, so that one search finds both. */
export function auditOperator(logger: Logger): (change: OperatorChange) => void {
  return (change) => {
    const [level, message] = DONE[change.operation] ?? ['info', 'account changed'];
    logger[level](message, { ...change });
  };
}

function refused(status: number): readonly [LogLevel, string] {
  if (status === 401 || status === 403) return ['warn', 'API call refused'];
  // A flood must not fill the disk: its beginning has been told by the refusals before. Faults of ours are logged where they arise.
  if (status === 429 || status >= 500) return ['debug', 'API call not served'];
  return status === 404 ? ['debug', 'API call for what is not there'] : ['info', 'API call not understood'];
}
