import { Worker } from 'node:worker_threads';
import { DomainError } from '../core/error.ts';

export type BcryptTask =
  | { readonly kind: 'hash'; readonly key: string }
  | { readonly kind: 'compare'; readonly key: string; readonly hash: string };

export type BcryptAnswer = { readonly hash: string } | { readonly isRight: boolean };

/**
 * bcrypt as acme-dns keeps keys, computed in a thread of its own, one key after the other: it takes a tenth of a second, in which nothing else
 * would be answered. Both throw DomainError `too-busy`.
 */
export interface Bcrypt {
  /** `$2a$10$...` */
  hash(key: string): Promise<string>;
  /** False also when the hash is none. */
  compare(key: string, hash: string): Promise<boolean>;
}

/** How many keys may wait. */
const MOST_WAITING = 100;

/** This file's own ending: `.ts` from a checkout, `.js` from a build. */
const ENTRY = new URL(`./bcrypt-worker${import.meta.url.slice(import.meta.url.lastIndexOf('.'))}`, import.meta.url);

interface Asker {
  readonly resolve: (answer: BcryptAnswer) => void;
  readonly reject: (error: Error) => void;
}

/** The thread starts with the first key, and never keeps the process alive by itself. */
export function createBcrypt(): Bcrypt {
  let thread: { readonly worker: Worker; readonly askers: Asker[] } | undefined;

  function start() {
    const worker = new Worker(ENTRY, { name: 'bcrypt' });
    const started = { worker, askers: [] as Asker[] };
    const end = (error: Error) => {
      if (thread === started) thread = undefined;
      for (const asker of started.askers.splice(0)) asker.reject(error);
    };
    worker.on('message', (answer: BcryptAnswer) => {
      started.askers.shift()?.resolve(answer);
      if (started.askers.length === 0) worker.unref();
    });
    worker.on('error', end);
    worker.on('exit', () => end(new Error('the bcrypt thread has ended')));
    return started;
  }

  async function ask(task: BcryptTask): Promise<BcryptAnswer> {
    const { worker, askers } = (thread ??= start());
    if (askers.length >= MOST_WAITING) {
      const message = `${askers.length} keys are waiting to be checked already; try again in a moment`;
      throw new DomainError('too-busy', message, { retry: { kind: 'backoff' } });
    }
    return await new Promise((resolve, reject) => {
      askers.push({ resolve, reject });
      worker.ref();
      worker.postMessage(task, []);
    });
  }

  return {
    async hash(key) {
      const answer = await ask({ kind: 'hash', key });
      if ('hash' in answer) return answer.hash;
      throw new Error('bcrypt gave no hash');
    },
    async compare(key, hash) {
      const answer = await ask({ kind: 'compare', key, hash });
      return 'isRight' in answer && answer.isRight;
    },
  };
}
