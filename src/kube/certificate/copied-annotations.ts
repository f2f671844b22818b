/**
 * The annotations of a Certificate that its requests get (`--copied-annotation-prefixes`): those with one of the prefixes (`*` is any), without
 * those with a prefix that stands behind a `-`.
 */
export function copiedAnnotations(
  annotations: Readonly<Record<string, string>> | undefined,
  prefixes: readonly string[],
): Record<string, string> {
  const refused = prefixes.filter((prefix) => prefix.startsWith('-')).map((prefix) => prefix.slice(1));
  const wanted = prefixes.filter((prefix) => !prefix.startsWith('-'));
  const entries = Object.entries(annotations ?? {}).filter(
    ([name]) =>
      wanted.some((prefix) => prefix === '*' || name.startsWith(prefix)) &&
      !refused.some((prefix) => name.startsWith(prefix)),
  );
  return Object.fromEntries(entries);
}
