import { parseUsername } from '../acmedns/username.ts';
import { readJsonObject } from './json-members.ts';

/*
 * Bodies as acme-dns reads them (Go's encoding/json into one struct for both calls): names in any letter case, unknown ones
 * ignored, null changes nothing, the last of several counts, and every field of the struct has to be of its type even where
 * the call makes no use of it.
 */

/** `malformed` is upstream's malformed_json_payload. */
export type RegisterBody =
  | { readonly kind: 'allow-from'; readonly entries: readonly string[] }
  | { readonly kind: 'malformed' };

/** What of an update could be read; what could not is empty, as in Go's zero struct. */
export interface UpdateBody {
  readonly subdomain: string;
  readonly txt: string;
}

/** What the owner of an account asks for. `allowFrom` is undefined when it is to stay as it is. */
export interface OwnerBody extends UpdateBody {
  readonly allowFrom: readonly string[] | undefined | 'malformed';
}

/** A strict reader: nothing at all, or exactly one JSON value that is null or fits the struct. */
export function readRegisterBody(text: string): RegisterBody {
  const none = { kind: 'allow-from', entries: [] } as const;
  if (text === '' || trimmed(text) === 'null') return none;
  const object = readJsonObject(text);
  if (object === undefined || trimmed(object.rest) !== '') return { kind: 'malformed' };
  let entries: readonly string[] = [];
  for (const [name, value] of object.members) {
    const field = folded(name);
    if (!fits(field, value)) return { kind: 'malformed' };
    if (field === 'allowfrom') entries = value === null ? [] : (value as (string | null)[]).map((entry) => entry ?? '');
  }
  return { kind: 'allow-from', entries };
}

/** A stream reader: what follows the first value is ignored, and a field of the wrong type leaves the others as they are. */
export function readUpdateBody(text: string): UpdateBody {
  const { subdomain, txt } = readOwnerBody(text);
  return { subdomain, txt };
}

/** As for an update; and `null`, or nothing, is no other allow list (acme-dns-client-2 sends what is to change, and no more). */
export function readOwnerBody(text: string): OwnerBody {
  let subdomain = '';
  let txt = '';
  let allowFrom: OwnerBody['allowFrom'];
  for (const [name, value] of readJsonObject(text)?.members ?? []) {
    const field = folded(name);
    // Go stops at a username that is no uuid; what came before it stands.
    if (field === 'username' && typeof value === 'string' && !fits(field, value)) break;
    if (field === 'allowfrom') allowFrom = allowFromOf(value);
    if (typeof value !== 'string') continue;
    if (field === 'subdomain') subdomain = value;
    if (field === 'txt') txt = value;
  }
  return { subdomain, txt, allowFrom };
}

function allowFromOf(value: unknown): OwnerBody['allowFrom'] {
  if (value === null) return undefined;
  return fits('allowfrom', value) ? (value as (string | null)[]).map((entry) => entry ?? '') : 'malformed';
}

function fits(field: string, value: unknown): boolean {
  if (value === null) return true;
  switch (field) {
    case 'username':
      return typeof value === 'string' && parseUsername(value) !== undefined;
    case 'password':
    case 'subdomain':
    case 'txt':
      return typeof value === 'string';
    case 'allowfrom':
      return Array.isArray(value) && value.every((entry) => typeof entry === 'string' || entry === null);
    default:
      return true;
  }
}

/** Unicode's simple folding for the letters that matter: the long s is an s to Go, the Kelvin sign a k. */
export function folded(name: string): string {
  return name.replaceAll('\u017f', 's').toLowerCase();
}

/** JSON's white space only; String.trim takes more. */
function trimmed(text: string): string {
  return text.replace(/^[ \t\r\n]+/, '').replace(/[ \t\r\n]+$/, '');
}
