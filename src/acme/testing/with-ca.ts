import { generateKeyPairSync } from 'node:crypto';
import type { TestContext } from 'node:test';
import { registerAccount } from '../account.ts';
import type { AcmeSession } from '../account.ts';
import { createAcmeClient } from '../client.ts';
import type { AcmeClient, AcmeClientOptions } from '../client.ts';
import { createManualClock } from './manual-clock.ts';
import type { ManualClock } from './manual-clock.ts';
import { startScriptedCa } from './scripted-ca.ts';
import type { ScriptedCa } from './scripted-ca.ts';

export const privateKey = newPrivateKey();

export interface Fixture {
  readonly ca: ScriptedCa;
  readonly client: AcmeClient;
  readonly clock: ManualClock;
  readonly signal: AbortSignal;
}

/** A scripted CA and a client for it, both gone when the test ends; the test itself is given ten seconds. */
export async function withCa(context: TestContext, options: Partial<AcmeClientOptions> = {}): Promise<Fixture> {
  const ca = await startScriptedCa();
  const clock = createManualClock();
  const client = createAcmeClient({ directoryUrl: ca.directoryUrl, clock, ...options });
  context.after(async () => {
    await client.close();
    await ca.stop();
  });
  return { ca, client, clock, signal: AbortSignal.any([context.signal, AbortSignal.timeout(60_000)]) };
}

export async function withSession(
  context: TestContext,
  options: Partial<AcmeClientOptions> = {},
): Promise<Fixture & { readonly session: AcmeSession }> {
  const fixture = await withCa(context, options);
  const registration = { privateKey, termsOfServiceAgreed: true } as const;
  return { ...fixture, session: await registerAccount(fixture.client, registration, fixture.signal) };
}

export function newPrivateKey(curve: 'P-256' | 'P-384' | 'P-521' = 'P-256'): string {
  return generateKeyPairSync('ec', { namedCurve: curve }).privateKey.export({ type: 'pkcs8', format: 'pem' });
}
