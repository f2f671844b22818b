import { isDeepStrictEqual } from 'node:util';
import { formatKey, keyOf } from '../api/object.ts';
import type { Secret } from '../api/secret.ts';
import type { Certificate } from '../schema/certificate.ts';
import type { CertificateStatus } from '../schema/certificate-status.ts';

/**
 * Knows what a reconcile writes itself, so that it is not woken by it: it has gone on with what was written already. The watch may tell of a write
 * before its answer is there. What others write at the same time wakes as ever.
 */
export interface OwnWrites {
  /** Around what puts an answer into the copies in memory: of the Certificates that this wakes, not the one whose own doing it is. */
  quietly(certificate: Certificate, put: () => void): void;
  /** Around a write of the status. */
  status<T>(certificate: Certificate, status: CertificateStatus, write: () => Promise<T>): Promise<T>;
  /** Around a write of the Secret of a Certificate. */
  secret(certificate: Certificate, write: () => Promise<Secret>): Promise<Secret>;
  /** Whether a change of a Certificate is what its own reconcile is just writing. */
  isStatusEcho(key: string, before: Certificate | undefined, after: Certificate | undefined): boolean;
  /** Whether it can be told only later if a change of this Secret is the Certificate's own: then `wake` is called when it is not. */
  isDeferred(secret: string, certificate: string): boolean;
  /** Whether this Certificate is the one whose own doing is being put into memory now. */
  isAtWork(key: string): boolean;
}

export interface OwnWritesOptions {
  readonly wake: (certificate: string) => void;
  /** The resource version of a Secret as it is in memory. */
  readonly versionOf: (secret: string) => string | undefined;
}

export function createOwnWrites({ wake, versionOf }: OwnWritesOptions): OwnWrites {
  let atWork: string | undefined;
  const statuses = new Map<string, CertificateStatus>();
  /** By Secret: whose write is under way, and whether a change came meanwhile. */
  const secrets = new Map<string, { readonly certificate: string; changed: boolean }>();

  return {
    quietly(certificate, put) {
      atWork = keyOf(certificate);
      try {
        put();
      } finally {
        atWork = undefined;
      }
    },
    async status(certificate, status, write) {
      const key = keyOf(certificate);
      statuses.set(key, status);
      try {
        return await write();
      } finally {
        statuses.delete(key);
      }
    },
    async secret(certificate, write) {
      const { namespace } = certificate.metadata;
      const secret = formatKey({ namespace, name: certificate.spec.secretName });
      const under = { certificate: keyOf(certificate), changed: false };
      secrets.set(secret, under);
      let version: string | undefined;
      try {
        const written = await write();
        version = written.metadata.resourceVersion;
        return written;
      } finally {
        secrets.delete(secret);
        if (under.changed && versionOf(secret) !== version) wake(under.certificate);
      }
    },
    isStatusEcho(key, before, after) {
      const status = statuses.get(key);
      return (
        status !== undefined &&
        before?.metadata.generation === after?.metadata.generation &&
        before?.metadata.deletionTimestamp === after?.metadata.deletionTimestamp &&
        isDeepStrictEqual(after?.status, status)
      );
    },
    isDeferred(secret, certificate) {
      const under = secrets.get(secret);
      if (under?.certificate !== certificate) return false;
      under.changed = true;
      return true;
    },
    isAtWork: (key) => key === atWork,
  };
}
