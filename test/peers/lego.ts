import type { Pebble } from './pebble.ts';
import { peer } from './require-peer.ts';
import { runProgram } from './run-program.ts';

export interface ClientOptions {
  readonly pebble: Pebble;
  /** Base URL of an acme-dns API. */
  readonly acmeDns: string;
  /** Account file with an account for every domain, whose CNAME is in place. */
  readonly accounts: string;
  /** `address:port` */
  readonly resolver: string;
}

export interface LegoAnswer {
  /** Registration and all certificates, without the start of the process. */
  readonly ms: number;
  readonly certificates: readonly {
    readonly names: readonly string[];
    readonly ms: number;
    /** PEM, leaf first. */
    readonly certificate?: string;
    readonly error?: string;
  }[];
}

/** lego with its acme-dns provider; one certificate per list of names. */
export async function runLego(
  options: ClientOptions,
  certificates: readonly (readonly string[])[],
  concurrency = 1,
): Promise<LegoAnswer> {
  const { pebble, acmeDns, accounts, resolver } = options;
  const run = await runProgram({
    command: peer('lego-acmedns').path,
    args: [
      `-server=${pebble.directoryUrl}`,
      `-ca-root=${pebble.rootFile}`,
      `-acme-dns=${acmeDns}`,
      `-storage=${accounts}`,
      `-resolver=${resolver}`,
      `-concurrency=${concurrency}`,
      ...certificates.map((names) => names.join(',')),
    ],
    timeout: 900_000,
  });
  if (run.code !== 0) throw new Error(`lego-acmedns ended with ${run.code}:\n${run.output.slice(-4000)}`);
  // lego logs to standard output as well: the answer is the last line.
  return JSON.parse(run.stdout.trimEnd().split('\n').at(-1) ?? '') as LegoAnswer;
}
