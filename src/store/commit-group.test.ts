import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { suite, test, type TestContext } from 'node:test';
import { createCommitGroup } from './commit-group.ts';
import { LoggedDatabase } from './database.ts';

/** A disk that answers when it is told to. */
class SlowDisk extends LoggedDatabase {
  readonly asked: PromiseWithResolvers<void>[] = [];

  override async syncLog(): Promise<void> {
    const answer = Promise.withResolvers<void>();
    this.asked.push(answer);
    await answer.promise;
    await super.syncLog();
  }
}

function slowDisk(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'evercert-'));
  const database = new SlowDisk(join(folder, 'x.db'));
  t.after(() => {
    database.close();
    rmSync(folder, { recursive: true });
  });
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE t (v)');
  const insert = database.prepare('INSERT INTO t VALUES (?)');
  const group = createCommitGroup(database);
  const settled: string[] = [];
  const write = (value: string) =>
    group
      .run(() => insert.run(value))
      .then(
        () => settled.push(value),
        (error: unknown) => settled.push(`${value}: ${String(error)}`),
      );
  const asked = async (times: number) => {
    while (database.asked.length < times) await nextTurn();
  };
  const rows = () => database.prepare('SELECT v FROM t').all().length;
  return { database, group, insert, settled, write, asked, rows };
}

suite('commit group', () => {
  test('nothing is acknowledged before the disk has it', async (t) => {
    const { database, group, settled, write, asked, rows } = slowDisk(t);
    const writes = [write('a'), write('b')];
    await asked(1);
    assert.equal(rows(), 2);
    assert.deepEqual(settled, []);
    let durable = false;
    const known = group.durable().then(() => (durable = true));
    await nextTurn();
    assert.equal(durable, false);
    database.asked[0]?.resolve();
    await Promise.all([...writes, known]);
    assert.deepEqual(settled, ['a', 'b']);
  });

  test('what comes in while the disk is busy is one commit after it, in the order of the calls', async (t) => {
    const { database, settled, write, asked, rows } = slowDisk(t);
    const writes = [write('a')];
    await asked(1);
    writes.push(write('b'));
    await nextTurn();
    writes.push(write('c'));
    await nextTurn();
    assert.equal(rows(), 1);
    database.asked[0]?.resolve();
    await asked(2);
    assert.equal(rows(), 3);
    assert.deepEqual(settled, ['a']);
    database.asked[1]?.resolve();
    await Promise.all(writes);
    assert.deepEqual(settled, ['a', 'b', 'c']);
  });

  test('a disk that fails is told to those who waited for it, and to nobody after them', async (t) => {
    const { database, settled, write, asked } = slowDisk(t);
    const writes = [write('a')];
    await asked(1);
    writes.push(write('b'));
    database.asked[0]?.reject(new Error('no space'));
    await asked(2);
    database.asked[1]?.resolve();
    await Promise.all(writes);
    assert.deepEqual(settled, ['a: Error: no space', 'b']);
  });

  test('work that throws takes none of its neighbours along', async (t) => {
    const { database, group, settled, write, asked, rows } = slowDisk(t);
    const guilty = assert.rejects(
      group.run(() => {
        throw new Error('mine');
      }),
      /mine/,
    );
    const writes = [write('a'), write('b')];
    await asked(1);
    database.asked[0]?.resolve();
    await Promise.all([guilty, ...writes]);
    assert.deepEqual(settled, ['a', 'b']);
    assert.equal(rows(), 2);
  });

  test('for others on the connection each COMMIT is synced as before', async (t) => {
    const { database, write, asked } = slowDisk(t);
    const written = write('a');
    await asked(1);
    assert.deepEqual({ ...database.prepare('PRAGMA synchronous').get() }, { synchronous: 2 });
    database.asked[0]?.resolve();
    await written;
  });
});
