import { folded } from './account-body.ts';
import { readJsonObject } from './json-members.ts';

/** What lego's `httpreq` sends: in its default mode the name and the value, in mode RAW what the value is made of. */
export type HttpreqBody =
  | { readonly kind: 'value'; readonly fqdn: string; readonly value: string }
  | { readonly kind: 'raw'; readonly domain: string; readonly keyAuthorization: string }
  | { readonly kind: 'malformed' };

/** Names of fields in any letter case, unknown ones ignored, as for all other calls. */
export function readHttpreqBody(text: string): HttpreqBody {
  const fields = new Map<string, unknown>();
  for (const [name, value] of readJsonObject(text)?.members ?? []) fields.set(folded(name), value);
  const [fqdn, value] = [fields.get('fqdn'), fields.get('value')];
  if (typeof fqdn === 'string' && typeof value === 'string') return { kind: 'value', fqdn, value };
  const [domain, keyAuthorization] = [fields.get('domain'), fields.get('keyauth')];
  if (typeof domain === 'string' && typeof keyAuthorization === 'string')
    return { kind: 'raw', domain, keyAuthorization };
  return { kind: 'malformed' };
}
