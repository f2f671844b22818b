import type { WriteStream } from 'node:tty';
import { styleText } from 'node:util';

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

/** Where a command writes. Colour only on a terminal, and never with NO_COLOR. */
export interface Terminal {
  readonly columns: number;
  /** One line to standard output. */
  line(text?: string): void;
  /** One line to standard error, after `evercert: `. */
  error(text: string): void;
  style(style: Style, text: string): string;
}

export function createTerminal(
  output: WriteStream | NodeJS.WritableStream,
  errors: WriteStream | NodeJS.WritableStream,
  environment: NodeJS.ProcessEnv,
): Terminal {
  const isTerminal = 'isTTY' in output && output.isTTY;
  const hasColour = isTerminal && (environment['NO_COLOR'] ?? '') === '' && environment['TERM'] !== 'dumb';
  return {
    columns: 'columns' in output && typeof output.columns === 'number' ? output.columns : 80,
    line: (text = '') => void output.write(`${text}\n`),
    error: (text) =>
      void errors.write(
        `${text
          .split('\n')
          .map((line) => `evercert: ${line}`)
          .join('\n')}\n`,
      ),
    style: (style, text) => (hasColour ? styleText(style, text, { validateStream: false }) : text),
  };
}
