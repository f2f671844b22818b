import { tomlText } from '../../src/config/field.ts';
import type { Field } from '../../src/config/field.ts';
import { sections } from '../../src/config/settings.ts';

/** Keys that a table cannot do without. */
const REQUIRED = new Set([
  'zone.name',
  'other_zone.name',
  'acme.external_account.key_id',
  'dns01.acme_dns.server',
  'certificate.names',
]);

/** The rows that docs/configuration.md must have for a table of the file: key, default, meaning. */
export function configurationRows(section: keyof typeof sections): string[] {
  const fields: Readonly<Record<string, Field>> = sections[section];
  return Object.entries(fields).map(([key, { preset, about }]) => {
    const path = section === '' ? key : `${section}.${key}`;
    const value = preset === undefined ? (REQUIRED.has(path) ? 'required' : '–') : `\`${tomlText(preset)}\``;
    return `| \`${key}\` | ${value} | ${about} |`;
  });
}
