import { again } from '../api/controller.ts';
import type { Result } from '../api/controller.ts';
import type { OrderContext } from './order-context.ts';
import { sayWaiting } from './order-report.ts';

/** Says why, and does nothing before the time is over. */
export async function waitFor(
  { order, open, deps, progress, signal }: OrderContext,
  wait: number,
  why: { readonly reason: string; readonly message: string },
): Promise<Result> {
  progress.notBefore = deps.clock.now() + wait;
  progress.issuerGeneration = open.issuer.metadata.generation;
  await sayWaiting(order, why, deps, signal);
  return again(wait);
}
