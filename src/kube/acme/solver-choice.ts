import type { ChallengeSolver } from '../schema/challenge-solver.ts';

/** The name that a challenge is for, and the labels of the Order it belongs to. */
export interface ChallengedName {
  readonly dnsName: string;
  readonly wildcard: boolean;
  readonly labels: Readonly<Record<string, string>>;
}

/** How well a selector fits: the first number that differs decides. */
type Fit = readonly [dnsNames: number, dnsZone: number, labels: number];

/**
 * The solver for a name, as cert-manager chooses: one that lists the very name before one that lists a zone, of those the longest, before one
 * that asks for labels, of those the most; then the first. One without a selector fits everything, and less than any other. undefined: none
 * fits.
 */
export function chooseSolver(
  solvers: readonly ChallengeSolver[] | undefined,
  name: ChallengedName,
): ChallengeSolver | undefined {
  let chosen: { readonly solver: ChallengeSolver; readonly fit: Fit } | undefined;
  for (const solver of solvers ?? []) {
    // CAs offer no HTTP-01 for a wildcard (RFC 8555 section 7.1.3 leaves it to them; all public ones do so).
    if (name.wildcard && solver.dns01 === undefined) continue;
    const fit = fitOf(solver.selector, name);
    if (fit !== undefined && (chosen === undefined || isBetter(fit, chosen.fit))) chosen = { solver, fit };
  }
  return chosen?.solver;
}

function fitOf(selector: ChallengeSolver['selector'], name: ChallengedName): Fit | undefined {
  const { dnsNames = [], dnsZones = [], matchLabels = {} } = selector ?? {};
  const wanted = fold(name.wildcard ? `*.${name.dnsName}` : name.dnsName);
  if (dnsNames.length > 0 && !dnsNames.some((dnsName) => fold(dnsName) === wanted)) return undefined;
  const zones = dnsZones.map(fold).filter((zone) => wanted === zone || wanted.endsWith(`.${zone}`));
  if (dnsZones.length > 0 && zones.length === 0) return undefined;
  const labels = Object.entries(matchLabels);
  if (!labels.every(([key, value]) => name.labels[key] === value)) return undefined;
  const longest = Math.max(0, ...zones.map((zone) => zone.split('.').length));
  return [dnsNames.length > 0 ? 1 : 0, longest, labels.length];
}

function isBetter(fit: Fit, than: Fit): boolean {
  const at = fit.findIndex((value, index) => value !== than[index]);
  return at !== -1 && (fit[at] ?? 0) > (than[at] ?? 0);
}

function fold(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}
