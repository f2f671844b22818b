/** No CA means more than this; it keeps a silly number from becoming an invalid date. */
const LONGEST_WAIT = 366 * 86_400_000;

const MONTH = '(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)';
const TIME = '\\d{2}:\\d{2}:\\d{2}';
/** The three forms of RFC 9110 section 5.6.7: IMF-fixdate, RFC 850, asctime. */
const IMF_FIXDATE = new RegExp(`^[A-Z][a-z]{2}, \\d{2} ${MONTH} \\d{4} ${TIME} GMT$`);
const RFC_850 = new RegExp(`^[A-Z][a-z]{5,8}, (\\d{2})-(${MONTH})-(\\d{2}) (${TIME}) GMT$`);
const ASCTIME = new RegExp(`^[A-Z][a-z]{2} (${MONTH}) ([ \\d]\\d) (${TIME}) (\\d{4})$`);

/** When a response came, by the local clock and by its own Date header. */
export interface Received {
  /** ms since the epoch, local clock. */
  readonly at: number;
  readonly date: string | undefined;
}

/**
 * The moment on the LOCAL clock, in ms since the epoch, before which the CA does not want to be asked again; never before
 * `received.at`. A date is taken as a distance from the response's Date header, so that a wrong clock on either side does not
 * matter. undefined when there is no header or it makes no sense (RFC 9110 section 10.2.3).
 */
export function parseRetryAfter(header: string | undefined, received: Received): number | undefined {
  const text = header?.trim() ?? '';
  const wait = /^\d+$/.test(text) ? Number(text) * 1000 : waitUntil(parseHttpDate(text), received);
  if (wait === undefined) return undefined;
  return received.at + Math.min(Math.max(wait, 0), LONGEST_WAIT);
}

function waitUntil(date: number | undefined, received: Received): number | undefined {
  if (date === undefined) return undefined;
  return date - (parseHttpDate(received.date ?? '') ?? received.at);
}

/** ms since the epoch, or undefined when it is none of the three forms. */
export function parseHttpDate(text: string): number | undefined {
  return valid(Date.parse(imfForm(text)));
}

function imfForm(text: string): string {
  if (IMF_FIXDATE.test(text)) return text;
  const old = RFC_850.exec(text);
  if (old !== null) {
    const [, day, month, year, time] = old;
    return `${day} ${month} ${Number(year) < 70 ? '20' : '19'}${year} ${time} GMT`;
  }
  const c = ASCTIME.exec(text);
  if (c !== null) return `${c[2]?.trim()} ${c[1]} ${c[4]} ${c[3]} GMT`;
  return '';
}

function valid(time: number): number | undefined {
  return Number.isNaN(time) ? undefined : time;
}
