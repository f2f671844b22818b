import { openAnswering } from '../../src/app/answering.ts';
import { openDataFolder } from '../../src/app/data-folder.ts';
import { openIssuing } from '../../src/app/issuing.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import { systemClock } from '../../src/core/clock.ts';
import { challengeName, parseCertificateName, parseDomainName } from '../../src/core/domain-name.ts';
import { certificateIdFor } from '../../src/issuance/certificate-id.ts';
import { issueCertificate } from '../../src/issuance/issue-certificate.ts';
import { noEvents } from '../../src/telemetry/event.ts';
import type { Chain } from '../../test/peers/chain.ts';
import { writeConfig } from '../../test/peers/evercert.ts';

/** Our program in this process, as `evercert serve` composes it: DNS server, store on disk, files on disk. */
export interface Engine {
  /** Puts the CNAMEs of these domains into the user's zone. */
  delegate(domains: readonly string[]): Promise<void>;
  /** A new certificate, whatever is there. Resolves with the time it took, in ms. */
  issue(names: readonly string[]): Promise<number>;
  stop(): Promise<void>;
}

export async function startEngine(chain: Chain, folderPath: string): Promise<Engine> {
  const file = writeConfig(chain, { folder: folderPath, workers: 1 });
  const loaded = await loadConfig({ file, environment: {} });
  const clock = systemClock;
  const folder = await openDataFolder(loaded.config.data);
  const answering = await openAnswering(loaded, folder, clock);
  const issuing = openIssuing({ loaded, folder, answering, wanted: () => undefined, clock, emit: noEvents });
  const { directory: ca, keyType } = loaded.config.acme;
  const never = new AbortController().signal;
  return {
    async delegate(domains) {
      const cnames = domains.map(async (domain): Promise<[string, string]> => {
        const target = await answering.presenter.delegationTarget(parseDomainName(domain), never);
        return [challengeName(parseCertificateName(domain)), target];
      });
      await chain.addCnames(await Promise.all(cnames));
    },
    async issue(texts) {
      const names = texts.map(parseCertificateName);
      const start = performance.now();
      await issueCertificate({ id: certificateIdFor(names), names, ca, keyType }, issuing.deps, { signal: never });
      return performance.now() - start;
    },
    async stop() {
      await issuing.close();
      await answering.stop();
      await folder.close();
    },
  };
}
