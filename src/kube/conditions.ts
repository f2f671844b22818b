import type { Condition } from './schema/condition.ts';

/** What a controller says about an object; since when is found out by `withCondition`. */
export type Finding = Omit<Condition, 'lastTransitionTime'>;

export function conditionOf<T extends { type: string }>(
  conditions: readonly T[] | undefined,
  type: string,
): T | undefined {
  return conditions?.find((condition) => condition.type === type);
}

export function isTrue(conditions: readonly Condition[] | undefined, type: string): boolean {
  return conditionOf(conditions, type)?.status === 'True';
}

/**
 * The conditions with this one in place of the one of its type. `lastTransitionTime` moves only when the status does, as the API conventions of
 * Kubernetes ask. `now` is ms since the epoch. The order of the others stays, so that what has not changed compares equal.
 */
export function withCondition(
  conditions: readonly Condition[] | undefined,
  finding: Finding,
  now: number,
): readonly Condition[] {
  const before = conditionOf(conditions, finding.type);
  const since = before?.status === finding.status ? before.lastTransitionTime : undefined;
  const next: Condition = { ...finding, lastTransitionTime: since ?? toTime(now) };
  if (before === undefined) return [...(conditions ?? []), next];
  return (conditions ?? []).map((condition) => (condition === before ? next : condition));
}

export function withoutCondition(conditions: readonly Condition[] | undefined, type: string): readonly Condition[] {
  return (conditions ?? []).filter((condition) => condition.type !== type);
}

/** A time as Kubernetes writes it: RFC 3339 in UTC, whole seconds. */
export function toTime(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;
}

/** ms since the epoch, or undefined for what is no time. */
export function fromTime(time: string | undefined): number | undefined {
  const milliseconds = time === undefined ? Number.NaN : Date.parse(time);
  return Number.isNaN(milliseconds) ? undefined : milliseconds;
}
