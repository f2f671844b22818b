import { isKubeError } from '../kube/api/kube-error.ts';

/** Whoever else changes an object all the time is given up on after so many tries. */
const MOST_TRIES = 5;

/** Reads, changes and writes an object; again when somebody else has changed it in between. */
export async function tryAgain(change: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await change();
    } catch (error) {
      if (!isKubeError(error, 'kube-conflict') || attempt === MOST_TRIES) throw error;
    }
  }
}
