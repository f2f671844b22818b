import type { LoadedConfig } from '../config/config.ts';
import { DomainError } from '../core/error.ts';

/** @throws DomainError `invalid-config` when nobody would answer the challenges: to be known before anything is made on disk */
export function checkAnswering({ config: { zone, dns01 } }: LoadedConfig): void {
  if (zone === undefined && dns01.acmeDns === undefined) throw nobodyAnswers();
}

export function nobodyAnswers(): DomainError {
  const how = 'give a configuration with a [zone] (--config FILE), or an acme-dns server (--acme-dns URL)';
  return new DomainError('invalid-config', `nobody answers the challenges: ${how}`);
}
