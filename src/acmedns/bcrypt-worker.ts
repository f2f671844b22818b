import { compareSync, genSaltSync, hashSync } from 'bcryptjs';
import { parentPort } from 'node:worker_threads';
import type { BcryptAnswer, BcryptTask } from './bcrypt.ts';

/** What acme-dns computes with: about a tenth of a second. */
const COST = 10;

// The entry of the thread that bcrypt is computed in.
parentPort?.on('message', (task: BcryptTask) => parentPort?.postMessage(answer(task), []));

function answer(task: BcryptTask): BcryptAnswer {
  try {
    // Go writes $2a$; with keys of 40 ASCII characters $2b$ means the same.
    if (task.kind === 'hash') return { hash: hashSync(task.key, genSaltSync(COST).replace(/^\$2.\$/, '$2a$')) };
    return { isRight: compareSync(task.key, task.hash) };
  } catch {
    // The hash is none.
    return { isRight: false };
  }
}
