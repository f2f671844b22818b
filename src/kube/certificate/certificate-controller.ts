import { generateKey } from '../../pki/key.ts';
import { createController } from '../api/controller.ts';
import type { Controller } from '../api/controller.ts';
import { formatKey, keyOf } from '../api/object.ts';
import type { KubeDeps } from '../deps.ts';
import { certificatesOfPassword, certificatesOfSecret } from '../indexes.ts';
import { retryConflict } from '../retry-conflict.ts';
import type { Certificate } from '../schema/certificate.ts';
import type { CertificateDeps } from './certificate-deps.ts';
import { createKeyWorkshop } from './key-workshop.ts';
import { createIssuancePace } from './issuance-pace.ts';
import { createNextKeys } from './next-keys.ts';
import { createOwnWrites } from './own-writes.ts';
import { reconcileCertificate } from './reconcile-certificate.ts';
import { sayRefusal } from './say-refusal.ts';
import { createSecretKeeper } from './secret-keeper.ts';

const NAME = 'certificates';

export interface CertificateControllerOptions {
  /** RSA keys that are made at once; as many as there are processors. */
  readonly keySlots: number;
  /** Told after each issuance, with how long it took in ms. */
  readonly issued?: CertificateDeps['issued'];
  readonly failed?: CertificateDeps['failed'];
}

/** Everything that happens to Certificates. */
export function createCertificateController(deps: KubeDeps, options: CertificateControllerOptions): Controller {
  const { certificates, requests, secrets, clock } = deps;
  const nextKeys = createNextKeys(secrets);
  const ownWrites = createOwnWrites({
    wake: (key) => controller.add(key, 'urgent'),
    versionOf: (secret) => secrets.metadata(secret)?.metadata.resourceVersion,
  });
  // What is in the works goes before what only begins.
  const wake = (key: string, priority: 'urgent' | 'normal' = 'urgent'): void => {
    if (!ownWrites.isAtWork(key)) controller.add(key, priority);
  };
  const certificateDeps: CertificateDeps = {
    ...deps,
    ownWrites,
    nextKeys,
    workshop: createKeyWorkshop({ generate: generateKey, slots: options.keySlots }),
    pace: createIssuancePace(),
    keeper: createSecretKeeper({ ...deps, ownWrites }),
    wake,
    ...(options.issued !== undefined && { issued: options.issued }),
    ...(options.failed !== undefined && { failed: options.failed }),
  };
  const controller = createController({
    name: NAME,
    workers: deps.options.workers,
    clock,
    reconcile: (key, signal) =>
      retryConflict({ client: deps.client, informer: certificates }, key, signal, () =>
        sayRefusal(certificateDeps, key, signal, () => reconcileCertificate(certificateDeps, key, signal)),
      ),
    onError: (error, key) => deps.report(error, NAME, key),
    observe: deps.observe,
    backoff: { first: 1000, longest: 30_000 },
  });

  certificates.onChange((key, before, after) => {
    if (before !== undefined && before.metadata.uid !== after?.metadata.uid) forget(before.metadata.uid ?? '');
    if (ownWrites.isStatusEcho(key, before, after)) return;
    wake(key, certificates.isSynced() ? 'urgent' : 'normal');
    wakeRivals(before, after);
  });
  requests.onChange((_, before, after) => {
    const { metadata } = after ?? before ?? {};
    const owner = metadata?.ownerReferences?.find(({ kind, controller: is }) => kind === 'Certificate' && is === true);
    if (owner !== undefined) wake(formatKey({ namespace: metadata?.namespace, name: owner.name }));
  });
  secrets.onChange((secret) => {
    const owner = nextKeys.ownerName(secret);
    const namespace = secret.slice(0, secret.indexOf('/'));
    if (owner !== undefined) wake(formatKey({ namespace, name: owner }));
    for (const found of certificatesOfSecret(certificates, secret)) {
      if (!ownWrites.isDeferred(secret, keyOf(found))) wake(keyOf(found));
    }
    for (const found of certificatesOfPassword(certificates, secret)) wake(keyOf(found));
  });

  function forget(uid: string): void {
    certificateDeps.workshop.forget(uid);
    certificateDeps.keeper.forget(uid);
    certificateDeps.pace.forget(uid);
  }

  /** When one of several Certificates with one Secret goes, or takes another, the others may have it. */
  function wakeRivals(before: Certificate | undefined, after: Certificate | undefined): void {
    const isGoing = after === undefined || after.metadata.deletionTimestamp !== undefined;
    if (!isGoing && before?.spec.secretName === after.spec.secretName) return;
    for (const changed of [before, after]) {
      if (changed === undefined) continue;
      const secret = formatKey({ namespace: changed.metadata.namespace, name: changed.spec.secretName });
      for (const rival of certificatesOfSecret(certificates, secret)) {
        if (rival.metadata.uid !== changed.metadata.uid) wake(keyOf(rival), 'normal');
      }
    }
  }

  return controller;
}
