import { DomainError } from './error.ts';

const UNIT: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const PART = /(\d+(?:\.\d+)?)(ms|s|m|h|d)/g;

/**
 * A duration in milliseconds from text such as `90d`, `1h30m`, `500ms` (Go's notation, and `d` for 24 h).
 * @throws DomainError `invalid-duration`
 */
export function parseDuration(text: string): number {
  const parts = [...text.matchAll(PART)];
  if (parts.length === 0 || parts.map((part) => part[0]).join('') !== text) {
    throw new DomainError(
      'invalid-duration',
      `"${text}" is not a duration; write for example 90d, 12h, 1h30m or 500ms`,
    );
  }
  return parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (UNIT[unit ?? ''] ?? Number.NaN), 0);
}

/** The shortest readable form of a duration, rounded: `350 ms`, `4.2 s`, `88 s`, `12 min`, `3 h`, `60 d`. */
export function formatDuration(milliseconds: number): string {
  const size = Math.abs(milliseconds);
  if (size < 1000) return `${Math.round(milliseconds)} ms`;
  if (size < 10_000) return `${(milliseconds / 1000).toFixed(1)} s`;
  if (size < 120_000) return `${Math.round(milliseconds / 1000)} s`;
  if (size < 2 * 3_600_000) return `${Math.round(milliseconds / 60_000)} min`;
  if (size < 48 * 3_600_000) return `${Math.round(milliseconds / 3_600_000)} h`;
  return `${Math.round(milliseconds / 86_400_000)} d`;
}
