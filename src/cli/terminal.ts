import type { WriteStream } from 'node:tty';
import { styleText } from 'node:util';
import { errorLines } from './error-lines.ts';

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

/** Where a command writes. Colour only on a terminal, and never with NO_COLOR. */
export interface Terminal {
  /** At most 80: longer lines are hard to read. */
  readonly columns: number;
  /** One line to standard output. */
  line(text?: string): void;
  /** To standard error: each line after `evercert: `, or, on a terminal, broken to its width. */
  error(text: string): void;
  style(style: Style, text: string): string;
}

type Output = WriteStream | NodeJS.WritableStream;

const WIDEST = 80;
const NARROWEST = 40;
const PREFIX = 'evercert: ';

export function createTerminal(output: Output, errors: Output, environment: NodeJS.ProcessEnv): Terminal {
  const hasColour = isTerminal(output) && wantsColour(environment);
  const errorWidth = isTerminal(errors) ? columnsOf(errors) : undefined;
  const shown = (message: string) => (errorWidth === undefined ? [message] : errorLines(message, errorWidth));
  return {
    columns: columnsOf(output),
    line: (text = '') => void output.write(`${text}\n`),
    error(text) {
      const messages = text.split('\n').map((message) => `${PREFIX}${message}`);
      errors.write(`${messages.flatMap(shown).join('\n')}\n`);
    },
    style: (style, text) => (hasColour ? styleText(style, text, { validateStream: false }) : text),
  };
}

function isTerminal(output: Output): boolean {
  return 'isTTY' in output && output.isTTY;
}

function wantsColour(environment: NodeJS.ProcessEnv): boolean {
  return (environment['NO_COLOR'] ?? '') === '' && environment['TERM'] !== 'dumb';
}

/** Some terminals say 0. */
function columnsOf(output: Output): number {
  const columns = 'columns' in output && typeof output.columns === 'number' && output.columns > 0 ? output.columns : 80;
  return Math.min(Math.max(columns, NARROWEST), WIDEST);
}
