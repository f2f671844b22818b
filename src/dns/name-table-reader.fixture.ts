import assert from 'node:assert/strict';
import { parentPort, workerData } from 'node:worker_threads';
import { nameFromText } from './name.ts';
import { NameTableReader } from './name-table-reader.ts';

/** What the reading thread of the test is given. */
export interface ReaderWork {
  readonly memory: SharedArrayBuffer;
  /** Word 0: the turn that the writer has finished; word 1: the turn that the reader has seen; word 2: 1 to stop. */
  readonly turns: SharedArrayBuffer;
  readonly names: number;
}

export interface ReaderResult {
  readonly reads: number;
  readonly turnsSeen: number;
  readonly fault: string | undefined;
}

/** The values at turn `turn`: alike in all but their number, so that a torn read shows. */
export function valuesAt(label: number, turn: number): string[] {
  return Array.from({ length: turn % 4 }, (_, at) => `${label}:${turn}:${at}:`.padEnd((turn * 7) % 90, 'x'));
}

function read(reader: NameTableReader, label: number): { turn: number; values: number } | undefined {
  const node = reader.find(nameFromText(`n${label}.example`));
  if (node === undefined) return undefined;
  assert.ok(node.exists);
  const values = node.rdatas.map((rdata) => Buffer.from(rdata.subarray(1)).toString());
  const turn = Number(values[0]?.split(':')[1] ?? 0);
  if (values.length > 0) assert.deepEqual(values, valuesAt(label, turn));
  return { turn, values: values.length };
}

function work({ memory, turns, names }: ReaderWork): ReaderResult {
  const reader = new NameTableReader(memory);
  const words = new Int32Array(turns);
  let [reads, turnsSeen] = [0, 0];
  try {
    while (Atomics.load(words, 2) === 0) {
      const finished = Atomics.load(words, 0);
      if (finished > Atomics.load(words, 1)) {
        // The writer waits: what it has set must be there now.
        const seen = read(reader, 0);
        assert.equal(seen?.values, finished % 4);
        if (finished % 4 > 0) assert.equal(seen?.turn, finished);
        turnsSeen += 1;
        Atomics.store(words, 1, finished);
        Atomics.notify(words, 1);
      }
      read(reader, 1 + (reads % (names - 1)));
      reads += 1;
    }
    return { reads, turnsSeen, fault: undefined };
  } catch (error) {
    Atomics.store(words, 1, 0x7fffffff);
    Atomics.notify(words, 1);
    return { reads, turnsSeen, fault: String(error) };
  }
}

if (parentPort !== null) parentPort.postMessage(work(workerData as ReaderWork), []);
