import { randomInt } from 'node:crypto';
import type { Draft } from '../api/client.ts';
import type { Secret } from '../api/secret.ts';
import type { Certificate } from '../schema/certificate.ts';
import { controlledBy } from '../secret/certificate-secret.ts';
import { NEXT_KEY_LABEL, OURS_LABEL, TLS_KEY } from '../secret/secret-names.ts';

/** What the API server puts at the end of a generateName: letters and digits of which no words can be made. */
const LETTERS = 'bcdfghjklmnpqrstvwxz2456789';
const RANDOM_LENGTH = 5;
/** As the API server cuts a generateName. */
const LONGEST_PREFIX = 58;

/**
 * A name for the Secret with the next key, `<certificate>-xxxxx`. It is chosen here and stored in the status first: so what a crash leaves behind is
 * found again by its name.
 */
export function newNextKeyName(certificate: string): string {
  const random = Array.from({ length: RANDOM_LENGTH }, () => LETTERS[randomInt(LETTERS.length)]).join('');
  return `${`${certificate}-`.slice(0, LONGEST_PREFIX)}${random}`;
}

/** The temporary Secret itself. `privateKey` is PKCS#8 PEM, whatever encoding the spec asks for. */
export function nextKeySecret(certificate: Certificate, name: string, privateKey: string): Draft<Secret> {
  return {
    metadata: {
      name,
      generateName: `${certificate.metadata.name}-`,
      namespace: certificate.metadata.namespace,
      labels: { [NEXT_KEY_LABEL]: 'true', [OURS_LABEL]: 'true' },
      ownerReferences: [controlledBy(certificate)],
    },
    type: 'Opaque',
    data: { [TLS_KEY]: Buffer.from(privateKey).toString('base64') },
  };
}

/** Whether it is such a Secret of this Certificate. */
export function isNextKeyOf(secret: Pick<Secret, 'metadata'>, { metadata }: Certificate): boolean {
  return (
    secret.metadata.labels?.[NEXT_KEY_LABEL] === 'true' &&
    secret.metadata.ownerReferences?.some(({ uid, controller }) => controller === true && uid === metadata.uid) === true
  );
}
