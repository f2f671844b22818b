import { createCipheriv, pbkdf2, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { assertNever } from '../core/assert-never.ts';
import { utf16be } from './bmp-string.ts';
import { integer, nothing, octetString, oid, sequence } from './der-writer.ts';
import { derivePkcs12Key, PKCS12_PURPOSE } from './pkcs12-key.ts';
import type { Pkcs12Cipher } from './pkcs12-profile.ts';
import { encryptRc2Cbc } from './rc2.ts';

const PBE_SHA1_3DES = '1.2.840.113549.1.12.1.3';
const PBE_SHA1_RC2_40 = '1.2.840.113549.1.12.1.6';
const PBES2 = '1.2.840.113549.1.5.13';
const PBKDF2 = '1.2.840.113549.1.5.12';
const HMAC_SHA256 = '1.2.840.113549.2.9';
const AES_256_CBC = '2.16.840.1.101.3.4.1.42';

const deriveAsync = promisify(pbkdf2);

export interface Encrypted {
  /** AlgorithmIdentifier, DER. */
  readonly algorithm: Uint8Array;
  readonly content: Uint8Array;
}

/** Encrypts with a password. PBKDF2 runs on another thread. */
export async function encryptWithPassword(
  cipher: Pkcs12Cipher,
  password: string,
  plain: Uint8Array,
  o: { iterations: number; salt: number },
): Promise<Encrypted> {
  const salt = randomBytes(o.salt);
  switch (cipher) {
    case 'RC2-40':
    case '3DES':
      return encryptLegacy(cipher, bmpPassword(password), plain, salt, o.iterations);
    case 'AES-256':
      return encryptModern(password, plain, salt, o.iterations);
    default:
      return assertNever(cipher);
  }
}

/** As a BMPString with a zero character at the end (RFC 7292 appendix B.1). */
export function bmpPassword(password: string): Uint8Array {
  return Buffer.concat([utf16be(password), Buffer.alloc(2)]);
}

/** RFC 7292 appendix C. */
function encryptLegacy(
  cipher: 'RC2-40' | '3DES',
  password: Uint8Array,
  plain: Uint8Array,
  salt: Uint8Array,
  iterations: number,
): Encrypted {
  const from = { password, salt, iterations, hash: 'sha1' } as const;
  const key = derivePkcs12Key({ ...from, purpose: PKCS12_PURPOSE.key, length: cipher === '3DES' ? 24 : 5 });
  const iv = derivePkcs12Key({ ...from, purpose: PKCS12_PURPOSE.iv, length: 8 });
  const parameters = sequence(octetString(salt), integer(iterations));
  if (cipher === 'RC2-40') {
    return { algorithm: sequence(oid(PBE_SHA1_RC2_40), parameters), content: encryptRc2Cbc(key, iv, plain) };
  }
  const encryption = createCipheriv('des-ede3-cbc', key, iv);
  const content = Buffer.concat([encryption.update(plain), encryption.final()]);
  return { algorithm: sequence(oid(PBE_SHA1_3DES), parameters), content };
}

/** PBES2 (RFC 8018 section 6.2). */
async function encryptModern(
  password: string,
  plain: Uint8Array,
  salt: Uint8Array,
  iterations: number,
): Promise<Encrypted> {
  const key = await deriveAsync(password, salt, iterations, 32, 'sha256');
  const iv = randomBytes(16);
  const encryption = createCipheriv('aes-256-cbc', key, iv);
  const content = Buffer.concat([encryption.update(plain), encryption.final()]);
  const scheme = sequence(oid(AES_256_CBC), octetString(iv));
  return { algorithm: sequence(oid(PBES2), sequence(pbkdf2Algorithm(salt, iterations), scheme)), content };
}

/** PBKDF2 with HMAC-SHA-256 (RFC 8018 appendix A.2). `keyLength` is needed where the use does not fix it. */
export function pbkdf2Algorithm(salt: Uint8Array, iterations: number, keyLength?: number): Uint8Array {
  const length = keyLength === undefined ? [] : [integer(keyLength)];
  const prf = sequence(oid(HMAC_SHA256), nothing());
  return sequence(oid(PBKDF2), sequence(octetString(salt), integer(iterations), ...length, prf));
}
