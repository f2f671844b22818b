import { getRenewalInfo } from '../acme/renewal-info.ts';
import type { LoadedConfig } from '../config/config.ts';
import type { Clock } from '../core/clock.ts';
import { DomainError } from '../core/error.ts';
import { createDelegationChecker } from '../dns01/delegation.ts';
import { acmeCalls } from '../issuance/acme-calls.ts';
import type { GatherDeps } from '../issuance/gather-certificate.ts';
import type { IssueDeps } from '../issuance/issue-certificate.ts';
import type { CertificateRequest } from '../issuance/order-record.ts';
import type { Delivery } from '../issuance/ports.ts';
import { withAfterHook } from '../standalone/after-hook.ts';
import { attendCertificate } from '../standalone/attend-certificate.ts';
import type { Attended, AttendOptions } from '../standalone/attend-certificate.ts';
import { createCertificateFiles } from '../standalone/certificate-files.ts';
import type { EventSink } from '../telemetry/event.ts';
import type { Answering } from './answering.ts';
import type { DataFolder } from './data-folder.ts';
import { openSessions } from './sessions.ts';
import type { Sessions } from './sessions.ts';
import type { Wanted } from './wanted-certificates.ts';

export interface IssuingOptions {
  readonly loaded: LoadedConfig;
  readonly folder: DataFolder;
  readonly answering: Answering;
  /** Where the files of a certificate go and what is run after; asked at each delivery. */
  readonly wanted: (id: string) => Wanted | undefined;
  readonly clock: Clock;
  readonly emit: EventSink;
  /** Sessions that are open already; without them it opens its own. */
  readonly sessions?: Sessions;
}

export interface AloneOptions extends AttendOptions {
  /** Runs before the certificate is looked at, when no other process can be at it any more. */
  readonly first?: () => Promise<void>;
}

/** Issuance, wired for files and this machine, with the connections to the CAs that go with it. */
export interface Issuing extends Sessions {
  readonly deps: IssueDeps & GatherDeps;
  readonly delivery: Delivery;
  /**
   * Looks at a certificate and does what has to be done, alone among all processes on the same database.
   * @throws DomainError `lock-held` when another process is at it; what issueCertificate throws
   */
  attend(request: CertificateRequest, options: AloneOptions): Promise<Attended>;
}

export function openIssuing(options: IssuingOptions): Issuing {
  const { loaded, folder, answering, wanted, clock, emit } = options;
  const sessions = options.sessions ?? openSessions({ loaded, folder: () => folder, clock, emit });
  const { client, session } = sessions;
  const folderOf = (id: string) => wanted(id)?.output ?? folder.certificateFolder(id);
  const files = withAfterHook(createCertificateFiles(folderOf), {
    commandOf: (id) => wanted(id)?.after,
    onFailure: (certificate, message) => emit({ type: 'hook.failed', certificate, message }),
  });
  const delivery = folder.shareCopies(files, (id) => wanted(id)?.request.names);
  const deps: IssueDeps & GatherDeps = {
    store: folder.orders,
    renewals: folder.renewals,
    presenter: answering.presenter,
    delegation: createDelegationChecker(answering.look),
    delivery,
    watchQuestions: answering.watchQuestions,
    clock,
    emit,
    random: Math.random,
    openAcme: async (request, again, signal) => acmeCalls(await session(request.ca, request.id, signal, again)),
    renewalInfo: (request, id, signal) => getRenewalInfo(client(request.ca), id, signal),
  };
  return {
    deps,
    delivery,
    ...sessions,
    async attend(request, { first, ...how }) {
      const lock = await folder.tryWorkLock(`certificate-${request.id}`);
      if (lock === undefined) throw lockHeld(request.id, clock.now());
      try {
        await first?.();
        const signal = AbortSignal.any([how.signal, lock.lost]);
        return await attendCertificate(request, deps, { ...how, signal, wait: how.wait ?? loaded.config.dns01.wait });
      } finally {
        await lock.release();
      }
    },
  };
}

function lockHeld(id: string, now: number): DomainError {
  const LOOK_AGAIN_AFTER = 1000;
  return new DomainError('lock-held', `another evercert is at work on the certificate ${id}; wait until it has ended`, {
    retry: { kind: 'after', at: now + LOOK_AGAIN_AFTER },
  });
}
