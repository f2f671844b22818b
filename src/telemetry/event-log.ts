import type { Event, EventSink } from './event.ts';
import type { LogLevel, Logger } from './logger.ts';

/** What is written for each event: never anything that varies, so that a line can be searched for. */
const LINES: Readonly<Record<Event['type'], readonly [level: LogLevel, message: string]>> = {
  'account.registered': ['info', 'account registered at the CA'],
  'delegation.registered': ['info', 'name in the challenge zone registered'],
  'delegation.needed': ['warn', 'CNAME needed'],
  'delegation.seen': ['info', 'CNAME seen'],
  'order.created': ['info', 'order made'],
  'order.resumed': ['info', 'order taken up again'],
  'challenge.presented': ['debug', 'challenge answer served'],
  'challenge.asked': ['debug', 'challenge answer asked for'],
  'challenge.accepted': ['debug', 'CA told to look'],
  'authorization.valid': ['info', 'name validated'],
  'order.finalized': ['debug', 'order finalized'],
  'certificate.issued': ['info', 'certificate issued'],
  'certificate.delivered': ['info', 'certificate delivered'],
  'hook.failed': ['error', 'command after delivery failed'],
  'challenge.removed': ['debug', 'challenge answer removed'],
  'renewal.planned': ['info', 'renewal planned'],
  'issuance.failed': ['error', 'issuance failed'],
};

/** Fields that are times in ms since the epoch: written so that people can read them. */
const TIMES = new Set(['at', 'notBefore', 'notAfter', 'retryAt']);

/** Writes every event as a log line. */
export function logEvents(logger: Logger): EventSink {
  return ({ type, ...fields }) => {
    const [level, message] = LINES[type];
    // The sentence of an event has another name, since `message` is the line's own.
    const entries = Object.entries(fields).map(([key, value]): [string, unknown] => [
      key === 'message' ? 'reason' : key,
      TIMES.has(key) && typeof value === 'number' ? new Date(value).toISOString() : value,
    ]);
    logger[level](message, { event: type, ...Object.fromEntries(entries) });
  };
}
