import { DomainError } from '../../core/error.ts';

/** Nothing that helps to reach an API server; a person has to mend a file. */
export function kubeconfigFault(message: string, cause?: unknown): DomainError {
  return new DomainError('invalid-kubeconfig', message, { cause });
}
