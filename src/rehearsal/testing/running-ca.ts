import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { systemClock } from '../../core/clock.ts';
import { startRehearsalCa } from '../ca.ts';
import type { RehearsalCa, RehearsalCaOptions } from '../ca.ts';
import { startScriptedDns } from './scripted-dns.ts';
import type { ScriptedDns } from './scripted-dns.ts';
import { createSigner, StrictClient, TestAccount } from './strict-client.ts';
import type { Dns01, HttpAnswer, Signer } from './strict-client.ts';

/** A CA with its DNS, a client and an account, for the tests of one `describe`. */
export interface RunningCa {
  readonly ca: RehearsalCa;
  readonly dns: ScriptedDns;
  readonly client: StrictClient;
  readonly account: TestAccount;
  readonly signer: Signer;
  readonly present: (challenge: Dns01) => void;
}

/** Starts before the tests and stops after them; the fields may be read inside tests only. */
export function useRehearsalCa(options: Partial<RehearsalCaOptions> = {}): RunningCa {
  const running: { value?: RunningCa } = {};
  const needsBinding = Object.keys(options.externalAccounts ?? {}).length > 0;
  before(async () => {
    const dns = await startScriptedDns();
    const ca = await startRehearsalCa({ resolver: dns.server, clock: systemClock, ...options });
    const client = new StrictClient(ca);
    const signer = await createSigner('ES256');
    // Where a binding is needed, the test registers by itself; this account is then one that the CA does not know.
    const account = needsBinding
      ? new TestAccount(client, signer, `${client.base}/account/none`)
      : await client.register(signer);
    const present = (challenge: Dns01): void => dns.addTxt(challenge.name, challenge.digest);
    running.value = { ca, dns, client, account, signer, present };
  });
  after(async () => {
    running.value?.client.close();
    await running.value?.ca.stop();
    await running.value?.dns.stop();
  });
  return new Proxy({} as RunningCa, {
    get(_, name) {
      if (running.value === undefined) throw new Error('the CA runs only while tests run');
      return running.value[name as keyof RunningCa];
    },
  });
}

/** The ACME error type of a problem document, without its prefix. */
export function problemType(json: Readonly<Record<string, unknown>>): string {
  return String(json['type']).replace('urn:ietf:params:acme:error:', '');
}

/** The answer is a problem document of this status and type, with a detail that helps. */
export function expectProblem(answer: HttpAnswer, status: number, type: string): void {
  assert.deepEqual([answer.status, problemType(answer.json)], [status, type], answer.text);
  assert.equal(answer.headers['content-type'], 'application/problem+json');
  assert.ok(String(answer.json['detail']).length > 10, 'a detail that helps');
}
