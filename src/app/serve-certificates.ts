import { messageOf } from '../core/error.ts';
import { logEvents } from '../telemetry/event-log.ts';
import { combineSinks } from '../telemetry/event-sinks.ts';
import type { Event } from '../telemetry/event.ts';
import type { Logger } from '../telemetry/logger.ts';
import { answerHere, openAnswering } from './answering.ts';
import { keepCurrent } from './keep-current.ts';
import type { ServeParts } from './serve-apis.ts';
import { createWorkshops } from './workshops.ts';
import { listWanted } from './wanted-certificates.ts';
import type { Wanted } from './wanted-certificates.ts';

/** The certificates of `evercert serve`, kept current until the signal aborts. */
export async function serveCertificates(parts: ServeParts, signal: AbortSignal): Promise<void> {
  const { loaded, source, folder, server, metrics, logger, clock } = parts;
  const faults = createFaultLog(logger);
  let all: readonly Wanted[] = [];
  const workshops = createWorkshops({
    source,
    folder,
    clock,
    emit: combineSinks([logEvents(logger), metrics.recordEvent, faults.note]),
    wanted: (id) => all.find(({ request }) => request.id === id),
    answer: (own) =>
      server === undefined || own.config.dns01.acmeDns !== undefined
        ? openAnswering(own, folder, clock)
        : answerHere(own, server, clock),
  });
  try {
    await keepCurrent(
      {
        clock,
        wanted: async () => (all = await listWanted(loaded.config, folder.wanted)),
        issuing: ({ settings }) => workshops.open(settings),
        onFault: faults.log,
      },
      signal,
    );
  } finally {
    await workshops.close();
  }
}

/** Logs each fault of a certificate once: not what an event has told already, and not again while it stays the same. */
function createFaultLog(logger: Logger) {
  const told = new Map<string, string>();
  return {
    note(event: Event) {
      if (event.type === 'issuance.failed') told.set(event.certificate, event.message);
      if (event.type === 'certificate.delivered') told.delete(event.certificate);
    },
    log(error: unknown, certificate = '') {
      const message = messageOf(error);
      if (told.get(certificate) === message) return;
      told.set(certificate, message);
      logger.error('certificates cannot be looked after', {
        ...(certificate !== '' && { certificate }),
        error: message,
      });
    },
  };
}
