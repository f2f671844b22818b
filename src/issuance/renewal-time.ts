import type { CertificateFacts, Renewal } from './ports.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Certificates that live at most this long are renewed at half their life, others at two thirds. */
const SHORT_LIVED = 10 * DAY;
/** Renewals are spread over this part of the lifetime, as wide as the windows that Let's Encrypt gives. */
const SPREAD = 0.02;
/** When this part of the lifetime is left, no plan of anybody's delays the renewal. */
const EMERGENCY = 1 / 20;
/** The same names are not renewed sooner than this after they were issued, whatever a window says; less for very short lives. */
const SHORTEST_INTERVAL = HOUR;

type Validity = Pick<CertificateFacts, 'notBefore' | 'notAfter'>;

/** When to renew by the lifetime alone, in ms since the epoch. `random` in [0, 1) moves it earlier within the spread. */
export function renewalTime(validity: Validity, random: number): number {
  const lifetime = lifetimeOf(validity);
  const part = lifetime <= SHORT_LIVED ? 1 / 2 : 2 / 3;
  return Math.round(validity.notBefore + lifetime * (part - SPREAD * random));
}

/** The last moment to begin a renewal that may take a few tries. */
export function emergencyTime(validity: Validity): number {
  return Math.round(validity.notAfter - lifetimeOf(validity) * EMERGENCY);
}

export interface RenewalChoice {
  readonly facts: CertificateFacts;
  readonly ca: string;
  readonly issuedAt: number;
  /** What was chosen before, for this certificate or for one before it. */
  readonly stored: Renewal | undefined;
  /** The CA's suggestion, just asked; undefined when it has none, or none that can be understood. */
  readonly window: { readonly start: number; readonly end: number } | undefined;
  readonly askAgainAt: number | undefined;
  /** In [0, 1). */
  readonly random: number;
}

/**
 * The instant for the next renewal. It is chosen once per certificate, uniformly within the CA's window (RFC 9773 section 4.2), and
 * again only when the window moves; without a usable window, from the lifetime. Never later than the emergency time.
 */
export function chooseRenewal(choice: RenewalChoice): Renewal {
  const { facts, ca, issuedAt, askAgainAt, random } = choice;
  const stored = choice.stored?.serial === facts.serial ? choice.stored : undefined;
  const window = usable(choice.window);
  const base = { serial: facts.serial, ca, issuedAt: stored?.issuedAt ?? issuedAt, window, askAgainAt };
  if (stored !== undefined && (window === undefined || sameWindow(stored.window, window))) {
    return { ...base, window: stored.window, at: stored.at, reason: stored.reason };
  }
  const emergency = emergencyTime(facts);
  if (window === undefined) {
    return { ...base, at: Math.min(renewalTime(facts, random), emergency), reason: lifetimeReason(facts) };
  }
  const earliest = base.issuedAt + Math.min(SHORTEST_INTERVAL, lifetimeOf(facts) / 3);
  const wished = Math.round(window.start + (window.end - window.start) * random);
  const at = Math.min(Math.max(wished, earliest), Math.max(emergency, base.issuedAt));
  return { ...base, at, reason: at < wished ? 'the last twentieth of its life begins' : 'the CA suggests it' };
}

function lifetimeOf({ notBefore, notAfter }: Validity): number {
  return Math.max(0, notAfter - notBefore);
}

function lifetimeReason(facts: Validity): string {
  return lifetimeOf(facts) <= SHORT_LIVED ? 'half of its life is over' : 'two thirds of its life are over';
}

/** A window that ends before it begins means nothing; one of no width is an instant. */
function usable(window: RenewalChoice['window']): RenewalChoice['window'] {
  if (window === undefined) return undefined;
  const sane = Number.isFinite(window.start) && Number.isFinite(window.end) && window.end >= window.start;
  return sane ? window : undefined;
}

function sameWindow(a: RenewalChoice['window'], b: RenewalChoice['window']): boolean {
  return a?.start === b?.start && a?.end === b?.end;
}
