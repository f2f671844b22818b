import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { measureMany, measureOne } from './kube/acme.ts';
import { measureAtRest } from './kube/at-rest.ts';
import type { Figure, Work } from './kube/figure.ts';
import { measureRestart } from './kube/restart.ts';
import { measureSelfSigned } from './kube/self-signed.ts';
import { measureWrites } from './kube/writes.ts';

// What `evercert kube controller` needs, on a real API server, beside what cert-manager 1.21.2 needed for the same.
//
//   npm run bench -- kube                     everything
//   npm run bench -- kube --only acme50,rest  some of it
const { values: flags } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    only: { type: 'string' },
    /** For a profile of the controller: `--node-options='--cpu-prof --cpu-prof-dir=profile'`. */
    'node-options': { type: 'string' },
  },
});

const WORKS: Readonly<Record<string, Work>> = {
  acme1: { about: 'one ACME Certificate', measure: (how) => measureOne(how, { authz: 0, order: 0 }) },
  'acme1-retry-after': {
    about: "the same, with Pebble's own Retry-After",
    measure: (how) => measureOne(how, { authz: 3, order: 5 }),
  },
  acme50: {
    about: '50 ACME Certificates at once',
    measure: (how) => measureMany(how, how.quick ? 5 : 50, { certManager: '1,296 s', atMost: 15 }),
  },
  acme200: {
    about: '200 ACME Certificates at once',
    measure: (how) => measureMany(how, how.quick ? 20 : 200, { certManager: '59 of 200 after 1,506 s', atMost: 45 }),
  },
  'self-signed': { about: '2,000 SelfSigned Certificates', measure: measureSelfSigned },
  rest: { about: 'memory with nothing to do', measure: measureAtRest },
  restart: { about: 'a start with 10,000 Certificates', measure: measureRestart },
  writes: { about: 'writes to the API server for one Certificate', measure: measureWrites },
};

const wanted = flags.only?.split(',') ?? Object.keys(WORKS);
const unknown = wanted.filter((name) => !Object.hasOwn(WORKS, name));
if (unknown.length > 0) {
  console.error(`there is no '${unknown.join("', '")}'; there are: ${Object.keys(WORKS).join(', ')}`);
  process.exit(2);
}
// Inherited by the controller; the API server and the others are no Node programs.
if (flags['node-options'] !== undefined) process.env['NODE_OPTIONS'] = flags['node-options'];

const figures: Figure[] = [];
for (const name of wanted) {
  const work = WORKS[name];
  if (work === undefined) continue;
  console.error(`${name}: ${work.about}`);
  try {
    const measured = await work.measure({ quick: flags.quick, say: (line) => console.error(line) });
    figures.push(...measured);
    if (!flags.json) for (const figure of measured) console.log(lineOf(figure));
  } catch (error) {
    console.error(`${name} could not be measured:`, error);
    process.exitCode = 1;
  }
}
if (flags.json)
  console.log(JSON.stringify(Object.fromEntries(figures.map(({ name, measured }) => [name, round(measured)]))));
// Of a busy machine nothing can be concluded: what else it had to do stands beside the figures.
console.error(
  `load ${readFileSync('/proc/loadavg', 'utf8').split(' ').slice(0, 3).join(' ')} on ${availableParallelism()} processors`,
);

function lineOf({ about, certManager, measured, atMost, unit }: Figure): string {
  const target = atMost === undefined ? '' : `at most ${atMost}${measured > atMost ? ', MISSED' : ''}`;
  const beside = certManager === '' ? '' : `cert-manager ${certManager}`;
  return `${about.padEnd(64)}${`${round(measured)} ${unit}`.padEnd(14)}${target.padEnd(22)}${beside}`.trimEnd();
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
