import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Event } from '../app/event.ts';
import { parseCertificateName, parseDomainName } from '../core/domain-name.ts';
import { createProgress } from './progress.ts';
import type { Terminal } from './terminal.ts';

const NOW = Date.UTC(2026, 10, 24);
const certificate = 'example.org';
const name = parseDomainName('_acme-challenge.example.org');
const target = parseDomainName('8e5700ea-a4bf-41c7-8a77-e990661dcc6a.auth.example.net');
const message = `${name} has no CNAME in the zone example.org; add at your DNS provider:  ${name}.  CNAME  ${target}.`;

const EVENTS: Event[] = [
  { type: 'account.registered', certificate, ca: 'https://ca.example/dir', account: 'https://ca.example/acct/1' },
  { type: 'delegation.registered', certificate, name, target },
  { type: 'delegation.needed', certificate, name, target, message },
  { type: 'delegation.seen', certificate, name, target },
  {
    type: 'order.created',
    certificate,
    ca: 'https://ca.example/dir',
    url: 'https://ca.example/order/1',
    names: Array.from({ length: 100 }, (_, at) => parseCertificateName(`n${at}.example.org`)),
  },
  { type: 'order.resumed', certificate, url: 'https://ca.example/order/1', step: 'finalizing' },
  { type: 'challenge.presented', certificate, name, target },
  { type: 'challenge.asked', certificate, name, from: '192.0.2.1' },
  { type: 'challenge.accepted', certificate, name },
  { type: 'authorization.valid', certificate, name },
  { type: 'order.finalized', certificate, url: 'https://ca.example/order/1' },
  {
    type: 'certificate.issued',
    certificate,
    serial: 'ab12',
    notBefore: NOW,
    notAfter: NOW + 90 * 86_400_000,
    issuer: 'Test CA',
  },
  { type: 'certificate.delivered', certificate, files: ['/var/lib/evercert/certificates/example.org/fullchain.pem'] },
  { type: 'challenge.removed', certificate, name },
  { type: 'hook.failed', certificate, message: 'the command after delivery, "false", failed: exit code 1' },
  { type: 'renewal.planned', certificate, at: NOW + 60 * 86_400_000, reason: 'two thirds of its life are over' },
  {
    type: 'issuance.failed',
    certificate,
    code: 'acme-caa',
    message: 'a CAA record forbids it. '.repeat(10).trim(),
    retryAt: NOW + 60_000,
  },
];

function written(format: 'text' | 'json', columns = 80): string[] {
  const lines: string[] = [];
  const terminal: Terminal = {
    columns,
    line: (text = '') => lines.push(text),
    error: () => {},
    style: (_, text) => text,
  };
  const emit = createProgress(terminal, format, () => NOW);
  for (const event of EVENTS) emit(event);
  return lines;
}

describe('progress', () => {
  test('keeps to 80 columns, also on a wider terminal', () => {
    for (const columns of [80, 200]) {
      for (const line of written('text', columns)) assert.ok(line.length <= 80, `${line.length}: ${line}`);
    }
  });

  test('shows the CNAME once, whole, on lines that can be copied', () => {
    const lines = written('text');
    assert.ok(lines.includes(`    ${name}.`));
    assert.ok(lines.includes(`      CNAME  ${target}.`));
    assert.equal(lines.filter((line) => line.includes(target)).length, 1);
  });

  test('says a few of a hundred names', () => {
    assert.match(written('text').join('\n'), /n0\.example\.org, n1\.example\.org,\s+n2\.example\.org and 97 more/);
  });

  test('json is one event a line, with a time', () => {
    const lines = written('json').map((line): Record<string, unknown> => JSON.parse(line));
    assert.deepEqual(
      lines.map((line) => line['event']),
      EVENTS.map(({ type }) => type),
    );
    for (const line of lines) {
      assert.equal(line['time'], '2026-11-24T00:00:00.000Z');
      assert.equal(line['certificate'], certificate);
    }
  });
});
