import { timingSafeEqual } from 'node:crypto';
import type { Bcrypt } from '../acmedns/bcrypt.ts';
import { assertNever } from '../core/assert-never.ts';
import { digestOf, digestOfConfigured, type SecretDigest } from './secret-digest.ts';

/** What is kept of the password of a user. bcrypt is for passwords that people choose. */
export type KeptPassword =
  | { readonly kind: 'digest'; readonly digest: SecretDigest }
  | { readonly kind: 'bcrypt'; readonly hash: string };

/** By the name of the user. */
export type UserPasswords = ReadonlyMap<string, KeptPassword>;

/** Whether it is the user's password. Throws DomainError `too-busy` */
export type CheckPassword = (user: string, password: string) => Promise<boolean>;

/** As a configuration has it: in clear, as `sha256:` and its digest in hexadecimal, or as bcrypt. */
export function keptPassword(configured: string): KeptPassword {
  if (configured.startsWith('$2')) return { kind: 'bcrypt', hash: configured };
  return { kind: 'digest', digest: digestOfConfigured(configured) };
}

const NOBODY: SecretDigest = new Uint8Array(32);

/** Compares in constant time. bcrypt is computed once for each password that was right, and for each wrong one. */
export function createCheckPassword(users: UserPasswords, bcrypt: Pick<Bcrypt, 'compare'>): CheckPassword {
  const verified = new Map<string, SecretDigest>();
  return async (user, password) => {
    const kept = users.get(user) ?? { kind: 'digest', digest: NOBODY };
    const given = digestOf(password);
    switch (kept.kind) {
      case 'digest':
        return timingSafeEqual(given, kept.digest);
      case 'bcrypt': {
        const right = verified.get(user);
        if (right !== undefined) return timingSafeEqual(given, right);
        if (!(await bcrypt.compare(password, kept.hash))) return false;
        verified.set(user, given);
        return true;
      }
      default:
        return assertNever(kept);
    }
  };
}
