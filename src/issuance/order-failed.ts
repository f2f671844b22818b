import { DomainError } from '../core/error.ts';
import type { Driven } from './drive-order.ts';

/** An order that ended without a certificate; it is counted already. */
export class OrderFailed extends DomainError {
  readonly notBefore: number | undefined;

  constructor({ failure, notBefore }: Extract<Driven, { kind: 'failed' }>) {
    super(failure.code, failure.message, {
      retry: notBefore === undefined ? { kind: 'never' } : { kind: 'after', at: notBefore },
    });
    this.notBefore = notBefore;
  }
}
