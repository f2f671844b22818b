/** Names of this room's chains: text, lower case, no dot at the end; the root is `.`. They come from foreign DNS, so they may be
 * names that no DomainName can be (`*.example.org`, escapes). */

export function canonical(name: string): string {
  const lower = name.toLowerCase();
  return lower.length > 1 && lower.endsWith('.') ? lower.slice(0, -1) : lower;
}

/** Both canonical. */
export function isAtOrBelow(name: string, zone: string): boolean {
  return zone === '.' || name === zone || name.endsWith(`.${zone}`);
}

/** The name one label up; `.` above a top-level name and above itself. */
export function above(name: string): string {
  const dot = name.indexOf('.');
  return dot < 0 || name === '.' ? '.' : name.slice(dot + 1);
}

/** As it is typed into a zone: with the dot at the end. */
export function dotted(name: string): string {
  return name === '.' ? name : `${name}.`;
}

/** `a`, `a and b`, `a, b and c`; long lists are cut. */
export function listed(names: readonly string[], atMost = 6): string {
  const shown =
    names.length > atMost ? [...names.slice(0, atMost - 1), `${names.length - atMost + 1} more`] : [...names];
  const last = shown.pop() ?? 'none';
  return shown.length === 0 ? last : `${shown.join(', ')} and ${last}`;
}
