import assert from 'node:assert/strict';
import { X509Certificate, createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
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
  assertDelivered(outcome, { names, root: await chain.pebble.issuingRoot() });
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

interface Wanted {
  readonly names: readonly string[];
  /** PEM. */
  readonly root: string;
}

/** What a run said it delivered is there and right. */
export function assertDelivered(outcome: Outcome, wanted: Wanted): void {
  const [file = ''] = eventOf(outcome, 'certificate.delivered')['files'] as readonly string[];
  const leaf = assertFiles(dirname(file), wanted);
  assert.equal(leaf.serialNumber.toLowerCase(), eventOf(outcome, 'certificate.issued')['serial']);
}

/** A folder holds a certificate for just these names, its key, and a chain to the root. Returns the leaf. */
export function assertFiles(folder: string, wanted: Wanted): X509Certificate {
  const leaf = assertChain(readFileSync(join(folder, 'fullchain.pem'), 'utf8'), wanted);
  const key = createPrivateKey(readFileSync(join(folder, 'privkey.pem'), 'utf8'));
  assert.ok(leaf.checkPrivateKey(key), 'the key belongs to the certificate');
  return leaf;
}

/** A PEM chain, leaf first, for just these names, that leads to the root. Returns the leaf. */
export function assertChain(chain: string, { names, root }: Wanted): X509Certificate {
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
