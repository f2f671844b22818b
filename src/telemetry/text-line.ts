import { styleText } from 'node:util';

const STYLE: Readonly<Record<string, 'dim' | 'yellow' | 'red' | 'cyan'>> = {
  debug: 'dim',
  info: 'cyan',
  warn: 'yellow',
  error: 'red',
};

/** A JSON log line as people read it: `03:31:54 info  certificate issued  certificate=example.org`. Always one line. */
export function textLine(json: string, colour: boolean): string {
  const { time, level, message, ...fields } = JSON.parse(json) as Readonly<Record<string, unknown>>;
  const paint = (style: Parameters<typeof styleText>[0], text: string) =>
    colour ? styleText(style, text, { validateStream: false }) : text;
  const name = String(level);
  const parts = [
    paint('dim', String(time).slice(0, 19).replace('T', ' ')),
    paint(STYLE[name] ?? 'dim', name.padEnd(5)),
    plain(String(message)),
    ...Object.entries(fields).map(([key, value]) => `${paint('dim', `${plain(key)}=`)}${fieldText(value)}`),
  ];
  return `${parts.join(' ')}\n`;
}

function fieldText(value: unknown): string {
  if (typeof value === 'string' && /^[^\s"=\p{C}]+$/u.test(value)) return value;
  return plain(JSON.stringify(value) ?? 'undefined');
}

/** Without characters that move the cursor or begin a line: what a stranger sent must not forge a log line. */
function plain(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`);
}
