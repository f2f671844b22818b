import { appendFileSync } from 'node:fs';
import { redact } from './redact.ts';
import { textLine } from './text-line.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
export type LogFields = Readonly<Record<string, unknown>>;

/** A constant message and fields. Fields are made safe (see redact.ts); the message must have nothing in it that varies. */
export type Log = (message: string, fields?: LogFields) => void;

export type Logger = Readonly<Record<LogLevel, Log>>;

export interface LoggerOptions {
  readonly level: LogLevel;
  /** text: for people; json: one object a line. */
  readonly format: 'text' | 'json';
  /** Takes one line with its line end. */
  readonly write: (line: string) => void;
  /** Only for text. */
  readonly colour?: boolean;
}

/** Loads the logging library, so that a command which never logs does not pay for it. */
export async function createLogger({ level, format, write, colour = false }: LoggerOptions): Promise<Logger> {
  const { pino } = await import('pino');
  const stream = format === 'json' ? { write } : { write: (line: string) => write(textLine(line, colour)) };
  const log = pino(
    {
      level,
      base: null,
      messageKey: 'message',
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: {
        level: (label) => ({ level: label }),
        log: (fields) => redact(fields) as Record<string, unknown>,
      },
    },
    stream,
  );
  const at =
    (name: LogLevel): Log =>
    (message, fields) =>
      log[name](fields ?? {}, message);
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

/**
 * Log lines to the end of a file (0600), opened anew for each, so that it may be moved away at any time. What cannot be written goes to
 * standard error. @throws Error when it cannot be written at the start
 */
export function logToFile(format: 'auto' | 'text' | 'json', file: string): Pick<LoggerOptions, 'format' | 'write'> {
  const append = (line: string) => appendFileSync(file, line, { mode: 0o600 });
  append('');
  return {
    format: format === 'auto' ? 'json' : format,
    write(line) {
      try {
        append(line);
      } catch {
        process.stderr.write(line);
      }
    },
  };
}

/**
 * Where log lines go, for a configuration of `auto`: standard error, in colour and as text on a terminal.
 * `environment`: NO_COLOR turns colour off.
 */
export function logToStandardError(
  format: 'auto' | 'text' | 'json',
  environment: Readonly<Record<string, string | undefined>>,
): Pick<LoggerOptions, 'format' | 'write' | 'colour'> {
  const isTerminal = process.stderr.isTTY;
  return {
    format: format === 'auto' ? (isTerminal ? 'text' : 'json') : format,
    colour: isTerminal && (environment['NO_COLOR'] ?? '') === '' && environment['TERM'] !== 'dumb',
    write: (line) => void process.stderr.write(line),
  };
}
