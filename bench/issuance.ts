import { parseArgs } from 'node:util';
import { DOMAIN, startChain } from '../test/peers/chain.ts';
import { measureInProcess } from './issuance/in-process.ts';
import { measureManyWithLego, measureWholeRuns } from './issuance/whole-runs.ts';
import type { WholeRuns } from './issuance/whole-runs.ts';

// How fast certificates come, on Pebble without its sleeps, and beside lego and certbot on the same Pebble in the same run.
const { values } = parseArgs({
  options: {
    /** Without lego and certbot, and fewer rounds. */
    quick: { type: 'boolean', default: false },
    /** lego and certbot also with 100 names: their own waits make that about ten minutes. */
    full: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
const rounds = values.quick ? 1 : 5;
const certificates = values.quick ? 40 : 200;
const others = !values.quick;

const chain = await startChain({
  pebble: { env: { PEBBLE_VA_NOSLEEP: '1', PEBBLE_WFE_NONCEREJECT: '0', PEBBLE_AUTHZREUSE: '0' } },
});
try {
  const inProcess = await measureInProcess(chain, { rounds, certificates });
  const pair = [DOMAIN, `*.${DOMAIN}`];
  const hundred = Array.from({ length: 100 }, (_, index) => `n${index}.${DOMAIN}`);
  const wholePair = await measureWholeRuns(chain, { names: pair, rounds, lego: others, certbot: others });
  const wholeHundred = await measureWholeRuns(chain, { names: hundred, rounds, lego: values.full, certbot: others });
  const legoManyMs = others ? await measureManyWithLego(chain, certificates) : undefined;
  const figures = {
    firstMs: Math.round(inProcess.firstMs),
    apexAndWildcardMs: Math.round(inProcess.apexAndWildcardMs),
    hundredNamesMs: Math.round(inProcess.hundredNamesMs),
    [`certificates${certificates}At20Ms`]: Math.round(inProcess.manyMs),
    certificatesPerSecond: round1(inProcess.perSecond),
    ...(legoManyMs === undefined
      ? {}
      : {
          [`lego${certificates}At20Ms`]: legoManyMs,
          [`lego${certificates}At20Ratio`]: round1(legoManyMs / inProcess.manyMs),
        }),
    ...describe('wholeRunApexAndWildcard', wholePair),
    ...describe('wholeRun100Names', wholeHundred),
  };
  if (values.json) console.log(JSON.stringify(figures));
  else for (const [name, figure] of Object.entries(figures)) console.log(`${name.padEnd(40)}${figure}`);
} finally {
  await chain.stop();
}

function describe(title: string, { evercertMs, legoMs, certbotMs }: WholeRuns): Record<string, number> {
  const figures: Record<string, number> = { [`${title}Ms`]: Math.round(evercertMs) };
  for (const [client, ms] of Object.entries({ Lego: legoMs, Certbot: certbotMs })) {
    if (ms === undefined) continue;
    figures[`${title}${client}Ms`] = Math.round(ms);
    figures[`${title}${client}Ratio`] = round1(ms / evercertMs);
  }
  return figures;
}

function round1(value: number): number {
  return Math.round(value * 10) / 10;
}
