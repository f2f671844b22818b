import { createHmac, pbkdf2, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { integer, nothing, octetString, oid, sequence } from './der-writer.ts';
import { bmpPassword, pbkdf2Algorithm } from './pkcs12-encryption.ts';
import { derivePkcs12Key, PKCS12_PURPOSE } from './pkcs12-key.ts';
import type { Pkcs12Algorithms } from './pkcs12-profile.ts';

const SHA1 = '1.3.14.3.2.26';
const SHA256 = '2.16.840.1.101.3.4.2.1';
const HMAC_SHA256 = '1.2.840.113549.2.9';
const PBMAC1 = '1.2.840.113549.1.5.14';

const deriveAsync = promisify(pbkdf2);

/** MacData (RFC 7292 section 4) over the content of a file, so that it is seen when it was changed or the password is wrong. */
export async function macData(o: Pkcs12Algorithms, password: string, content: Uint8Array): Promise<Uint8Array> {
  const salt = randomBytes(o.salt);
  if (o.mac === 'PBMAC1') return passwordBasedMac(password, content, salt, o.macIterations);
  const hash = o.mac === 'HMAC-SHA1' ? 'sha1' : 'sha256';
  const length = hash === 'sha1' ? 20 : 32;
  const key = derivePkcs12Key({
    password: bmpPassword(password),
    salt,
    iterations: o.macIterations,
    hash,
    purpose: PKCS12_PURPOSE.mac,
    length,
  });
  const algorithm = sequence(oid(hash === 'sha1' ? SHA1 : SHA256), nothing());
  const digest = sequence(algorithm, octetString(createHmac(hash, key).update(content).digest()));
  // One iteration is the default and not written.
  return sequence(digest, octetString(salt), ...(o.macIterations === 1 ? [] : [integer(o.macIterations)]));
}

/** RFC 9579: salt and iterations stand in the algorithm; those of MacData are there for old readers, and mean nothing. */
async function passwordBasedMac(
  password: string,
  content: Uint8Array,
  salt: Uint8Array,
  iterations: number,
): Promise<Uint8Array> {
  const key = await deriveAsync(password, salt, iterations, 32, 'sha256');
  const parameters = sequence(pbkdf2Algorithm(salt, iterations, 32), sequence(oid(HMAC_SHA256), nothing()));
  const digest = sequence(
    sequence(oid(PBMAC1), parameters),
    octetString(createHmac('sha256', key).update(content).digest()),
  );
  return sequence(digest, octetString(salt), integer(iterations));
}
