import type { Event, EventSink } from '../app/event.ts';
import { basename, dirname } from 'node:path';
import { assertNever } from '../core/assert-never.ts';
import { formatDuration } from '../core/duration.ts';
import type { Style, Terminal } from './terminal.ts';
import { recordLines } from './error-lines.ts';
import { wrap } from './wrap.ts';

/** How progress is shown: a table for a person, one JSON object a line for a script. */
export type OutputFormat = 'text' | 'json';

interface Shown {
  readonly label: string;
  readonly text: string;
  readonly style?: Style;
  /** Lines of their own below, never broken. */
  readonly details?: readonly string[];
}

const TIME_WIDTH = 8;
const LABEL_WIDTH = 15;

/**
 * An event sink that writes each event as it happens, with the time since it was made. `except` names events that a person is told
 * otherwise, as the error that ends the command; in json every event is written.
 */
export function createProgress(
  terminal: Terminal,
  format: OutputFormat,
  now: () => number,
  except: readonly Event['type'][] = [],
): EventSink {
  const start = now();
  if (format === 'json') return ({ type, ...fields }) => writeObject(terminal, now(), type, fields);
  return (event) => {
    if (except.includes(event.type)) return;
    writeStep(terminal, describeEvent(event, now()), now() - start);
  };
}

/** One line of `-o json`. */
export function writeObject(terminal: Terminal, now: number, event: string, fields: object): void {
  terminal.line(JSON.stringify({ time: new Date(now).toISOString(), event, ...fields }));
}

/** One step in two columns: time and label, then the text wrapped to 80 columns. */
export function writeStep(terminal: Terminal, shown: Shown, elapsed: number): void {
  const indent = ' '.repeat(TIME_WIDTH + LABEL_WIDTH + 2);
  const width = Math.max(20, Math.min(terminal.columns, 80) - indent.length);
  const time = `${(elapsed / 1000).toFixed(2)} s`.padStart(TIME_WIDTH);
  const label = terminal.style(shown.style ?? 'bold', shown.label.padEnd(LABEL_WIDTH));
  const [first = '', ...rest] = wrap(shown.text, width);
  terminal.line(`${terminal.style('dim', time)}  ${label}${first}`);
  for (const line of rest) terminal.line(`${indent}${line}`);
  for (const line of shown.details ?? []) terminal.line(`    ${line}`);
}

function describeEvent(event: Event, now: number): Shown {
  switch (event.type) {
    case 'account.registered':
      return { label: 'account', text: `registered at ${event.ca}` };
    case 'delegation.registered':
      return { label: 'registered', text: `${event.name} has a name of its own in the challenge zone` };
    case 'delegation.needed':
      return { label: 'CNAME needed', style: 'yellow', text: withoutRecord(event), details: cnameLines(event) };
    case 'delegation.seen':
      return { label: 'CNAME seen', style: 'green', text: `${event.name} leads to us` };
    case 'order.created':
      return { label: 'order', text: `made at the CA for ${listNames(event.names)}` };
    case 'order.resumed':
      return { label: 'order', text: `taken up again where it was left (${event.step})` };
    case 'challenge.presented':
      return { label: 'TXT served', text: event.name };
    case 'challenge.asked':
      return { label: 'CA asked', text: `for ${event.name}, from ${event.from}` };
    case 'challenge.accepted':
      return { label: 'CA told', text: `to look at ${event.name}` };
    case 'authorization.valid':
      return { label: 'validated', style: 'green', text: event.name };
    case 'order.finalized':
      return { label: 'finalized', text: 'the CA has the signing request' };
    case 'certificate.issued':
      return {
        label: 'issued',
        style: 'green',
        text: `by ${event.issuer}, valid for ${formatDuration(event.notAfter - now)}`,
        details: [`serial ${event.serial}`],
      };
    case 'certificate.delivered':
      return { label: 'files', style: 'green', ...describeFiles(event.files) };
    case 'hook.failed':
      return { label: 'hook failed', style: 'red', text: event.message };
    case 'challenge.removed':
      return { label: 'TXT removed', text: event.name };
    case 'renewal.planned':
      return { label: 'next renewal', text: `in ${formatDuration(event.at - now)} (${event.reason})` };
    case 'issuance.failed':
      return { label: 'failed', style: 'red', text: failureText(event, now) };
    default:
      return assertNever(event);
  }
}

function failureText(event: Extract<Event, { type: 'issuance.failed' }>, now: number): string {
  const next = event.retryAt === undefined ? '' : `\nnext try in ${formatDuration(event.retryAt - now)}`;
  return `${event.message}${next}`;
}

/** The message says the record too, on one line; here it stands below. */
function withoutRecord({ message, name }: { message: string; name: string }): string {
  const [text = message] = message.split(`  ${name}.  CNAME`);
  return text;
}

/** The record on lines of its own, so that it can be copied whole. */
function cnameLines({ name, target }: { name: string; target: string }): string[] {
  const WIDTH = 76;
  return recordLines(`${name}.`, 'CNAME', `${target}.`, WIDTH);
}

/** The folder once, and what is in it. */
function describeFiles(files: readonly string[]): Pick<Shown, 'text' | 'details'> {
  const folders = [...new Set(files.map(dirname))];
  const [folder] = folders;
  if (folder === undefined || folders.length > 1) return { text: 'where they are:', details: files };
  return { text: files.map((file) => basename(file)).join(', '), details: [folder] };
}

function listNames(names: readonly string[]): string {
  const LONGEST_LIST = 4;
  if (names.length <= LONGEST_LIST) return names.join(', ');
  return `${names.slice(0, LONGEST_LIST - 1).join(', ')} and ${names.length - LONGEST_LIST + 1} more`;
}
