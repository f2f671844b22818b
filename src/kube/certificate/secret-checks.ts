import { keyDifferences } from '../../pki/key-spec.ts';
import { samePublicKey } from '../../pki/public-key.ts';
import { formatIssuer, sameGroup, sameKind } from './issuer-identity.ts';
import type { CertificateState } from './certificate-state.ts';
import type { Violation } from './violation.ts';
import { wantedKey } from './wanted-content.ts';

// Each check looks at one thing and may take for granted that those in front of it in a chain have passed. The messages are cert-manager's
// where people and programs know them.

export type Check = (state: CertificateState, now: number) => Violation | undefined;

export const secretExists: Check = ({ secret }) =>
  secret === undefined
    ? { reason: 'DoesNotExist', message: 'Issuing certificate as Secret does not exist' }
    : undefined;

export const secretHasData: Check = ({ secret }) => {
  const data = secret?.data;
  if (data === undefined) return missing('any data');
  if ((data['tls.key'] ?? '') === '') return missing('a private key');
  return (data['tls.crt'] ?? '') === '' ? missing('a certificate') : undefined;
};

function missing(what: string): Violation {
  return { reason: 'MissingData', message: `Issuing certificate as Secret does not contain ${what}` };
}

export const keyPairBelongsTogether: Check = ({ key, issued }) => {
  const { value: privateKey, fault: keyFault } = key();
  if (privateKey === undefined) return invalidKey(keyFault);
  const { value: certificate, fault } = issued();
  if (certificate === undefined) return invalidCertificate(fault);
  if (samePublicKey(certificate.publicKey, privateKey)) return undefined;
  const message = 'Issuing certificate as Secret contains a private key that does not match the certificate';
  return { reason: 'InvalidKeyPair', message };
};

export function invalidKey(fault: string | undefined): Violation {
  const message = `Issuing certificate as Secret contains invalid private key data: ${fault ?? ''}`;
  return { reason: 'InvalidKeyPair', message };
}

export function invalidCertificate(fault: string | undefined): Violation {
  const message = `Issuing certificate as Secret contains an invalid certificate: ${fault ?? ''}`;
  return { reason: 'InvalidCertificate', message };
}

/**
 * The annotations of the Secret name the issuer of the spec. As in cert-manager, a Secret without them passes only for an Issuer: what a
 * ClusterIssuer is to sign is not taken over from somebody unknown.
 */
export const issuerIsRight: Check = ({ certificate, secret }) => {
  const of = (key: string): string | undefined => secret?.metadata.annotations?.[`cert-manager.io/issuer-${key}`];
  const [name, kind, group] = [of('name'), of('kind'), of('group')];
  const wanted = certificate.spec.issuerRef;
  const isNamed = name !== undefined || kind !== undefined || group !== undefined;
  const isRight =
    (!isNamed || (name ?? '') === wanted.name) && sameKind(kind, wanted.kind) && sameGroup(group, wanted.group);
  if (isRight) return undefined;
  const message = `Issuing certificate as Secret was previously issued by "${formatIssuer({ name: name ?? '', kind, group })}"`;
  return { reason: 'IncorrectIssuer', message };
};

export const certificateNameIsRight: Check = ({ certificate, secret }) => {
  const name = secret?.metadata.annotations?.['cert-manager.io/certificate-name'];
  if (name === undefined || name === certificate.metadata.name) return undefined;
  const message = `Secret was issued for "${name}". If this message is not transient, you might have two conflicting Certificates pointing to the same secret.`;
  return { reason: 'IncorrectCertificate', message };
};

export const keyFitsSpec: Check = ({ certificate, key }) => {
  const { value, fault } = key();
  if (value === undefined) return invalidKey(fault);
  const differences = keyDifferences(wantedKey(certificate.spec), value);
  if (differences.length === 0) return undefined;
  const message = `Existing private key is not up to date for spec: [${differences.join(' ')}]`;
  return { reason: 'SecretMismatch', message };
};
