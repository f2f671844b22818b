import { createPublicKey } from 'node:crypto';
import { assertNever } from '../core/assert-never.ts';
import { certificateFromDer } from '../pki/certificate.ts';
import { createIntermediate, issueCertificate } from '../pki/issue.ts';
import type { Authority } from '../pki/issue.ts';
import { generateKey, parsePrivateKey } from '../pki/key.ts';
import type { CaContext } from './context.ts';
import type { ChainForm } from './faults.ts';
import type { IssuedRecord } from './state.ts';

/** The chain of `record`, wrong (or only unusual: `crlf`, `ten-certificates`) in one way. */
export async function distortChain(ca: CaContext, record: IssuedRecord, form: ChainForm): Promise<string> {
  const { intermediate } = ca.authorities;
  const good = record.leaf + intermediate.certificate;
  switch (form) {
    case 'other-key': {
      const publicKey = createPublicKey(parsePrivateKey(await generateKey('P-256')));
      return (await issueCertificate({ ...record, issuer: intermediate, publicKey })) + intermediate.certificate;
    }
    case 'missing-name': {
      const names = record.names.length > 1 ? record.names.slice(0, -1) : ['elsewhere.invalid'];
      return (await reissue(ca, { ...record, names })) + intermediate.certificate;
    }
    case 'expired': {
      const lifetime = record.notAfter - record.notBefore;
      const notAfter = ca.clock.now() - 1000;
      return (await reissue(ca, { ...record, notBefore: notAfter - lifetime, notAfter })) + intermediate.certificate;
    }
    case 'wrong-order':
      return intermediate.certificate + record.leaf;
    case 'trailing-garbage':
      return `${good}-- the end of the certificate, with the compliments of the proxy --\n`;
    case 'crlf':
      return good.replaceAll('\n', '\r\n');
    case 'ten-certificates':
      return record.leaf + (await longChain(ca, 9));
    default:
      return assertNever(form);
  }
}

function reissue(ca: CaContext, record: IssuedRecord): Promise<string> {
  const { publicKey } = certificateFromDer(record.der);
  return issueCertificate({ ...record, issuer: ca.authorities.intermediate, publicKey });
}

/** `length` CA certificates from the intermediate up to one that the root signed. */
async function longChain(ca: CaContext, length: number): Promise<string> {
  const { intermediate, root } = ca.authorities;
  const validity = { notBefore: ca.clock.now() - 3_600_000, notAfter: ca.clock.now() + 365 * 86_400_000 };
  let issuer: Authority = root;
  const chain: string[] = [];
  for (let level = 1; level < length; level++) {
    issuer = await createIntermediate({ ...validity, issuer, commonName: `evercert rehearsal level ${level}` });
    chain.unshift(issuer.certificate);
  }
  const { privateKey } = intermediate;
  const last = await createIntermediate({
    ...validity,
    issuer,
    commonName: 'evercert rehearsal intermediate',
    privateKey,
  });
  return [last.certificate, ...chain].join('');
}
