import { createController } from '../api/controller.ts';
import type { Controller } from '../api/controller.ts';
import { retryConflict } from '../retry-conflict.ts';
import type { AcmeDeps } from './acme-deps.ts';
import { askForSuggestion } from './ask-for-suggestion.ts';

const NAME = 'certificates-renewal-info';
/** Few: nobody waits for an answer, and a CA is not to be asked by everybody at once. */
const WORKERS = 2;

/** Keeps the suggestions of the CAs current, for all certificates. */
export function createSuggestionController(deps: AcmeDeps): Controller {
  const { client, certificates, clock, report, observe } = deps;
  const controller = createController({
    name: NAME,
    workers: WORKERS,
    clock,
    reconcile: (key, signal) =>
      retryConflict({ client, informer: certificates }, key, signal, () => askForSuggestion(deps, key, signal)),
    onError: (error, key) => report(error, NAME, key),
    observe,
  });
  certificates.onChange((key, _, after) => {
    if (after !== undefined) controller.add(key);
  });
  return controller;
}
