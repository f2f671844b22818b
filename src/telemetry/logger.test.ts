import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import * as fc from 'fast-check';
import { parseDomainName } from '../core/domain-name.ts';
import { logEvents } from './event-log.ts';
import { combineSinks } from './event-sinks.ts';
import { createLogger, logToFile } from './logger.ts';
import type { LoggerOptions } from './logger.ts';
import { textLine } from './text-line.ts';

async function record(options: Partial<LoggerOptions> = {}) {
  const lines: string[] = [];
  const logger = await createLogger({ level: 'debug', format: 'json', write: (line) => lines.push(line), ...options });
  return { lines, logger };
}

describe('a log file', () => {
  let folder: string;
  before(() => (folder = mkdtempSync(join(tmpdir(), 'evercert-log-'))));
  after(() => rmSync(folder, { recursive: true }));

  test('is private, is appended to, and may be moved away', async () => {
    const file = join(folder, 'evercert.log');
    const logger = await createLogger({ level: 'info', ...logToFile('auto', file) });
    logger.info('one');
    renameSync(file, `${file}.1`);
    logger.info('two');
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.match(readFileSync(`${file}.1`, 'utf8'), /^\{.*"message":"one".*\}\n$/);
    assert.match(readFileSync(file, 'utf8'), /^\{.*"message":"two".*\}\n$/);
  });

  test('that cannot be written is an error at the start', () => {
    assert.throws(() => logToFile('text', join(folder, 'nowhere', 'evercert.log')), { code: 'ENOENT' });
  });
});

describe('logger', () => {
  test('JSON: one object a line, with level and time in words, and nothing secret', async () => {
    const { lines, logger } = await record();
    logger.warn('something', { certificate: 'example.org', privateKey: 'x', error: new Error('https://u:p@h') });
    assert.equal(lines.length, 1);
    assert.match(lines[0] ?? '', /\}\n$/);
    const { time, ...rest } = JSON.parse(lines[0] ?? '') as Record<string, unknown>;
    assert.match(String(time), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.deepEqual(rest, {
      level: 'warn',
      message: 'something',
      certificate: 'example.org',
      privateKey: '[secret]',
      error: { message: 'https://***@h' },
    });
  });

  test('what is below the level is not written', async () => {
    const { lines, logger } = await record({ level: 'warn' });
    logger.info('no');
    logger.error('yes');
    assert.deepEqual(
      lines.map((line) => (JSON.parse(line) as { message: string }).message),
      ['yes'],
    );
  });

  test('text: time, level, message, fields', async () => {
    const { lines, logger } = await record({ format: 'text' });
    logger.info('certificate issued', { certificate: 'example.org', names: ['a', 'b'], note: 'two words' });
    assert.match(
      lines[0] ?? '',
      /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d info  certificate issued certificate=example\.org names=\["a","b"\] note="two words"\n$/,
    );
  });

  test('a field cannot forge a line or move the cursor', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string(), fc.string(), (message, key, value) => {
        const line = textLine(JSON.stringify({ time: 't', level: 'info', message, [`x${key}`]: value }), false);
        assert.equal(line.indexOf('\n'), line.length - 1);
        assert.doesNotMatch(line.slice(0, -1), /[\p{Cc}\u2028\u2029]/u);
      }),
    );
  });

  test('a program that only imports it does not load the libraries', () => {
    const script = `
      const loaded = [];
      const { registerHooks } = await import('node:module');
      registerHooks({ load: (url, context, next) => { loaded.push(url); return next(url, context); } });
      for (const file of ['logger', 'metrics', 'event-log', 'event-sinks'])
        await import(${JSON.stringify(new URL('./', import.meta.url).href)} + file + '.ts');
      console.log(loaded.filter((url) => url.includes('node_modules')).length, loaded.length > 3);`;
    const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
    assert.equal(output.trim(), '0 true');
  });
});

test('events are logged under constant messages, with times that people can read', async () => {
  const { lines, logger } = await record();
  const sink = logEvents(logger);
  const name = parseDomainName('_acme-challenge.example.org');
  sink({
    type: 'delegation.needed',
    certificate: 'c',
    name,
    target: parseDomainName('x.auth.example'),
    message: 'add it',
  });
  sink({ type: 'issuance.failed', certificate: 'c', code: 'acme-x', message: 'refused', retryAt: 0 });
  const read = lines.map((line) => {
    const { time: _, ...rest } = JSON.parse(line) as Record<string, unknown>;
    return rest;
  });
  assert.deepEqual(read, [
    {
      level: 'warn',
      message: 'CNAME needed',
      event: 'delegation.needed',
      certificate: 'c',
      name,
      target: 'x.auth.example',
      reason: 'add it',
    },
    {
      level: 'error',
      message: 'issuance failed',
      event: 'issuance.failed',
      certificate: 'c',
      code: 'acme-x',
      reason: 'refused',
      retryAt: '1970-01-01T00:00:00.000Z',
    },
  ]);
});

function broken(): never {
  throw new Error('broken');
}

test('a sink that throws keeps no event from the others', () => {
  const seen: string[] = [];
  const failures: unknown[] = [];
  const sink = combineSinks([broken, ({ type }) => seen.push(type)], (error) => failures.push(error));
  sink({ type: 'certificate.delivered', certificate: 'c', files: [] });
  assert.deepEqual(seen, ['certificate.delivered']);
  assert.equal(failures.length, 1);
});
