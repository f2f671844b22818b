/**
 * A list as one line of CSV (RFC 4180), as cert-manager writes it into annotations: a field stands in quotes only when it has to. Go's writer
 * also quotes one that begins with a space, and the one that PostgreSQL would take for the end of the data.
 */
export function csvLine(fields: readonly string[]): string {
  return fields.map((field) => (needsQuotes(field) ? `"${field.replaceAll('"', '""')}"` : field)).join(',');
}

function needsQuotes(field: string): boolean {
  return field === '\\.' || /[",\r\n]/.test(field) || /^\s/u.test(field);
}
