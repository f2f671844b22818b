/**
 * A zone file around the record lines of a test: `$ORIGIN`, `$TTL 1`, SOA with this serial, and one NS.
 * The lines are as in a zone file, relative names included: `_acme-challenge CNAME abc.auth.example.`
 */
export function zoneText(zone: string, serial: number, lines: string): string {
  return [
    `$ORIGIN ${zone}.`,
    '$TTL 1',
    `@ SOA ns.${zone}. hostmaster.${zone}. ${serial} 3600 600 86400 1`,
    `@ NS ns.${zone}.`,
    'ns A 127.0.0.1',
    lines,
    '',
  ].join('\n');
}
