import assert from 'node:assert/strict';
import { X509Certificate, createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Chain } from './chain.ts';
import { startEvercert } from './evercert.ts';
import type { PrintedEvent, RunningEvercert } from './evercert.ts';

export interface Outcome {
  readonly code: number | NodeJS.Signals;
  readonly output: string;
  readonly events: readonly PrintedEvent[];
}

/** Starts `evercert ARGS... -o json`, and makes every CNAME that it asks for, as its user would. */
export async function startObeyed(chain: Chain, args: readonly string[]): Promise<RunningEvercert> {
  const run = await startEvercert([...args, '-o', 'json']);
  const wanted: [string, string][] = [];
  let adding = false;
  const addWanted = async (): Promise<void> => {
    adding = true;
    // All that were asked for by now go into the zone together.
    while (wanted.length > 0) await chain.addCnames(wanted.splice(0));
    adding = false;
  };
  run.onEvent(({ event, name, target }) => {
    if (event !== 'delegation.needed') return;
    wanted.push([String(name), String(target)]);
    if (!adding) void addWanted();
  });
  return run;
}

/** `evercert ARGS...` to its end. */
export async function evercert(...args: readonly string[]): Promise<Outcome> {
  return (await startEvercert(args)).ended;
}

/** `evercert issue NAMES...`, with every CNAME made as it is asked for; fails unless the certificate is there and right. */
export async function issue(
  chain: Chain,
  config: string,
  names: readonly string[],
  ...more: readonly string[]
): Promise<Outcome> {
  const outcome = await (await startObeyed(chain, ['issue', ...names, '--config', config, ...more])).ended;
  assert.equal(outcome.code, 0, outcome.output);
  await assertDelivered(outcome, { names, root: await chain.pebble.issuingRoot() });
  return outcome;
}

export function eventsOf(outcome: Outcome, kind: string): readonly PrintedEvent[] {
  return outcome.events.filter(({ event }) => event === kind);
}

/** The one event of a kind. */
export function eventOf(outcome: Outcome, kind: string): PrintedEvent {
  const [event, ...others] = eventsOf(outcome, kind);
  assert.ok(event !== undefined, `no event ${kind} in:\n${outcome.output}`);
  assert.equal(others.length, 0, `more than one ${kind} in:\n${outcome.output}`);
  return event;
}

/** The files that a run said it delivered hold a certificate for just these names, its key, and a chain to the root. */
export async function assertDelivered(
  outcome: Outcome,
  { names, root }: { names: readonly string[]; root: string },
): Promise<void> {
  const files = eventOf(outcome, 'certificate.delivered')['files'] as readonly string[];
  const read = (name: string): string => readFileSync(files.find((file) => file.endsWith(`/${name}`)) ?? '', 'utf8');
  const leaf = assertChain(read('fullchain.pem'), { names, root });
  assert.ok(leaf.checkPrivateKey(createPrivateKey(read('privkey.pem'))), 'the key belongs to the certificate');
  assert.equal(leaf.serialNumber.toLowerCase(), eventOf(outcome, 'certificate.issued')['serial']);
}

/** A PEM chain, leaf first, for just these names, that leads to the root. Returns the leaf. */
export function assertChain(
  chain: string,
  { names, root }: { names: readonly string[]; root: string },
): X509Certificate {
  const certificates = (chain.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []).map(
    (pem) => new X509Certificate(pem),
  );
  const [leaf] = certificates;
  assert.ok(leaf !== undefined, 'there is a certificate');
  const found = (leaf.subjectAltName ?? '').split(', ').map((name) => name.replace(/^DNS:/, ''));
  assert.deepEqual(found.toSorted(), names.toSorted());
  for (const [at, certificate] of certificates.entries()) {
    const issuer = certificates[at + 1] ?? new X509Certificate(root);
    assert.ok(certificate.verify(issuer.publicKey), `${certificate.subject} is signed by ${issuer.subject}`);
  }
  return leaf;
}
