import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AuditedCall, auditCalls } from './audit-log.ts';
import { createLogger } from './logger.ts';

const call: AuditedCall = { operation: 'register', result: 'success', status: 201, from: '192.0.2.1' };
const username = 'eabcdb41-d89f-4580-826f-3e62e9755ef2';

const rows: [call: AuditedCall, level: string, message: string][] = [
  [{ ...call, username, subdomain: 's' }, 'info', 'account registered'],
  [{ ...call, operation: 'update', status: 200 }, 'debug', 'value put in place'],
  [{ ...call, operation: 'present', status: 200 }, 'debug', 'value put in place'],
  [{ ...call, operation: 'clean', status: 200 }, 'debug', 'value taken away'],
  [{ ...call, operation: 'change', status: 200 }, 'info', 'allow list changed'],
  [{ ...call, operation: 'rotate', status: 200 }, 'info', 'key replaced'],
  [{ ...call, operation: 'deregister', status: 200 }, 'info', 'account removed'],
  [{ ...call, operation: 'storage-put', username: 'alice', domain: 'example.org' }, 'info', 'account kept'],
  [{ ...call, operation: 'storage-fetch', status: 200 }, 'debug', 'kept account read'],
  [{ ...call, operation: 'of another version', status: 200 }, 'info', 'API called'],
  [{ ...call, result: 'forbidden', status: 401, username }, 'warn', 'API call refused'],
  [{ ...call, result: 'registration_forbidden', status: 403 }, 'warn', 'API call refused'],
  [{ ...call, result: 'bad_txt', status: 400 }, 'info', 'API call not understood'],
  [{ ...call, result: 'not_found', status: 404 }, 'debug', 'API call for what is not there'],
  [{ ...call, result: 'rate_limited', status: 429 }, 'debug', 'API call not served'],
  [{ ...call, result: 'db_error', status: 503, from: undefined }, 'debug', 'API call not served'],
];
for (const [audited, level, message] of rows) {
  test(`${audited.operation} with ${audited.result}: ${message}`, async () => {
    const lines: string[] = [];
    const logger = await createLogger({ level: 'debug', format: 'json', write: (line) => lines.push(line) });
    auditCalls(logger)(audited);
    const { time: _, ...line } = JSON.parse(lines[0] ?? '') as Record<string, unknown>;
    const { result, status, from, ...fields } = audited;
    const refused = result === 'success' ? {} : { result, status };
    assert.deepEqual(line, { level, message, ...fields, ...(from !== undefined && { from }), ...refused });
  });
}
