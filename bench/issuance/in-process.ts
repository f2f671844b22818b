import type { Chain } from '../../test/peers/chain.ts';
import { DOMAIN } from '../../test/peers/chain.ts';
import { tempFolder } from '../../test/peers/temp-folder.ts';
import { startEngine } from './engine.ts';
import { median } from './median.ts';

export interface InProcessFigures {
  /** The first one: with the account, the TLS connection, and code that has not run yet. */
  readonly firstMs: number;
  readonly apexAndWildcardMs: number;
  readonly hundredNamesMs: number;
  /** 200 certificates, 20 at a time. */
  readonly manyMs: number;
  readonly perSecond: number;
}

const CONCURRENCY = 20;

/** What one running process of ours does, with nothing else on the machine. */
export async function measureInProcess(
  chain: Chain,
  o: { rounds: number; certificates: number },
): Promise<InProcessFigures> {
  const folder = tempFolder('bench-issuance');
  const engine = await startEngine(chain, folder.path);
  const hundred = Array.from({ length: 100 }, (_, index) => `n${index}.${DOMAIN}`);
  const singles = Array.from({ length: o.certificates }, (_, index) => `c${index}.${DOMAIN}`);
  try {
    await engine.delegate([DOMAIN, ...hundred, ...singles]);
    const pair = [DOMAIN, `*.${DOMAIN}`];
    const firstMs = await engine.issue(pair);
    const apexAndWildcard = await repeat(o.rounds * 4 - 1, () => engine.issue(pair));
    const hundredNames = await repeat(o.rounds, () => engine.issue(hundred));
    const start = performance.now();
    const queue = singles.values();
    await Promise.all(
      Array.from({ length: CONCURRENCY }, async () => {
        for (const name of queue) await engine.issue([name]);
      }),
    );
    const manyMs = performance.now() - start;
    return {
      firstMs,
      apexAndWildcardMs: median(apexAndWildcard),
      hundredNamesMs: median(hundredNames),
      manyMs,
      perSecond: (o.certificates / manyMs) * 1000,
    };
  } finally {
    await engine.stop();
    folder.remove();
  }
}

async function repeat(times: number, run: () => Promise<number>): Promise<number[]> {
  const results: number[] = [];
  for (let at = 0; at < times; at += 1) results.push(await run());
  return results;
}
