import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DomainError } from '../core/error.ts';
import { certificateId } from './certificate-id.ts';
import { certificateFromDer } from './certificate.ts';
import { createRoot } from './issue.ts';

/** The example certificate of RFC 9773 appendix A, whose serial number 0x87654321 has its high bit set. */
const RFC_9773_APPENDIX_A = `
MIIBQzCB66ADAgECAgUAh2VDITAKBggqhkjOPQQDAjAVMRMwEQYDVQQDEwpFeGFt
cGxlIENBMCIYDzAwMDEwMTAxMDAwMDAwWhgPMDAwMTAxMDEwMDAwMDBaMBYxFDAS
BgNVBAMTC2V4YW1wbGUuY29tMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEeBZu
7cbpAYNXZLbbh8rNIzuOoqOOtmxA1v7cRm//AwyMwWxyHz4zfwmBhcSrf47NUAFf
qzLQ2PPQxdTXREYEnKMjMCEwHwYDVR0jBBgwFoAUaYhba4dGQEHhs3uEe6CuLN4B
yNQwCgYIKoZIzj0EAwIDRwAwRAIge09+S5TZAlw5tgtiVvuERV6cT4mfutXIlwTb
+FYN/8oCIClDsqBklhB9KAelFiYt9+6FDj3z4KGVelYM5MdsO3pK`;

test('RFC 9773 appendix A: the example has the identifier of the RFC', () => {
  const der = new Uint8Array(Buffer.from(RFC_9773_APPENDIX_A, 'base64'));
  assert.equal(certificateId(certificateFromDer(der)), 'aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE');
});

test('a certificate that names no authority key has no identifier', async () => {
  const root = await createRoot({ commonName: 'root', notBefore: 0, notAfter: 1e12 });
  const der = new Uint8Array(Buffer.from(root.certificate.replace(/-----.*-----/g, ''), 'base64'));
  assert.throws(
    () => certificateId({ der }),
    (error) => error instanceof DomainError && error.code === 'invalid-certificate',
  );
});
