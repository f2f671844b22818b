import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { importsOf } from './imports.ts';
import { findBreaches, readRooms } from './rules.ts';
import { projectFolder, projectText, sourceFiles } from './source-files.ts';

const rooms = readRooms(projectText('ARCHITECTURE.md'));

describe('src/', () => {
  test('every import is allowed, every permission is used, every file is named for what it exports', () => {
    assert.deepEqual(findBreaches(sourceFiles('src'), rooms), []);
  });

  test('the table has the rooms that are there, each with a law', () => {
    const folders = readdirSync(join(projectFolder, 'src'), { withFileTypes: true });
    const there = folders.filter((entry) => entry.isDirectory()).map(({ name }) => name);
    assert.deepEqual([...rooms.keys()].toSorted(), there.toSorted());
    for (const [name, { law }] of rooms) assert.ok(law.length > 20, name);
  });
});

describe('the rules bite', () => {
  const table = readRooms(
    [
      '| `core/` | – | Core imports no room at all. |',
      '| `dns/` | core | Never waits for the store. |',
      '| `store/` | core, dns (types) | The only room with SQL. |',
      '| `cli/` | core, dns | One file per command. |',
    ].join('\n'),
  );
  const good: Record<string, string> = {
    'main.ts': "const { run } = await import('./cli/run.ts');",
    'core/clock.ts': "import { setTimeout } from 'node:timers/promises';",
    'dns/server.ts': "import { a } from '../core/clock.ts';\nimport { b } from './zone.ts';",
    'store/database.ts':
      "import { DatabaseSync } from 'node:sqlite';\nimport { a } from '../core/clock.ts';\nimport type { Zone } from '../dns/zone.ts';",
    'cli/run.ts':
      "import { Command } from 'commander';\nimport { a } from '../core/clock.ts';\nimport { b } from '../dns/server.ts';",
  };
  const breaches = (more: Record<string, string>) =>
    findBreaches(
      Object.entries({ ...good, ...more }).map(([path, text]) => ({ path, text })),
      table,
    );

  test('not on what is right', () => assert.deepEqual(breaches({}), []));

  const rows: [what: string, files: Record<string, string>, breach: string][] = [
    [
      'a room that is not allowed, with its law',
      { 'dns/x.ts': "import { a } from '../store/database.ts';" },
      'dns/x.ts imports store/database.ts. dns/: Never waits for the store.',
    ],
    [
      'over several lines',
      { 'dns/x.ts': "import {\n  a,\n  type B,\n} from '../store/database.ts';" },
      'dns/x.ts imports store/database.ts. dns/: Never waits for the store.',
    ],
    [
      'a type',
      { 'dns/x.ts': "import type { A } from '../store/database.ts';" },
      'dns/x.ts imports store/database.ts. dns/: Never waits for the store.',
    ],
    [
      'a dynamic import',
      { 'dns/x.ts': "const a = await import('../store/database.ts');" },
      'dns/x.ts imports store/database.ts. dns/: Never waits for the store.',
    ],
    [
      'a dynamic import that is not known',
      { 'dns/x.ts': 'const a = await import(file);' },
      'dns/x.ts: an import() must name its file in quotes',
    ],
    [
      'an import for its effect',
      { 'dns/x.ts': "import '../store/database.ts';" },
      'dns/x.ts imports store/database.ts. dns/: Never waits for the store.',
    ],
    [
      'a re-export',
      { 'dns/x.ts': "export { a } from '../store/database.ts';" },
      'dns/x.ts imports store/database.ts. dns/: Never waits for the store.',
    ],
    [
      'more than types',
      { 'store/x.ts': "import { zone } from '../dns/zone.ts';" },
      'store/x.ts imports dns/zone.ts, of which only types are allowed. store/: The only room with SQL.',
    ],
    [
      'a permission that nobody uses',
      { 'store/database.ts': "import { a } from '../core/clock.ts';" },
      'store/ may import dns/ by ARCHITECTURE.md, and does not: take the permission away',
    ],
    [
      'a permission of which only types are used',
      { 'cli/run.ts': "import type { A } from '../dns/zone.ts';\nimport { a } from '../core/clock.ts';" },
      'cli/ uses only types of dns/: write "dns (types)" in ARCHITECTURE.md',
    ],
    [
      'a package of another room',
      { 'dns/x.ts': "import { DatabaseSync } from 'node:sqlite';" },
      'dns/x.ts imports node:sqlite, which only store/ may. Never waits for the store.',
    ],
    ['a room that the table does not have', { 'web/x.ts': '' }, 'web/x.ts: web/ is no room of ARCHITECTURE.md'],
    [
      'a file outside of src/',
      { 'dns/x.ts': "import { a } from '../../test/x.ts';" },
      'dns/x.ts imports ../../test/x.ts, outside of src/',
    ],
    [
      'a test from the program',
      { 'dns/x.ts': "import { a } from './zones.fixture.ts';" },
      'dns/x.ts imports dns/zones.fixture.ts, which is there for tests',
    ],
    [
      'a name that says nothing',
      { 'dns/name-utils.ts': '' },
      'dns/name-utils.ts: name the file for the one thing that it exports',
    ],
    ['a barrel by name', { 'dns/index.ts': '' }, 'dns/index.ts: name the file for the one thing that it exports'],
    ['a barrel', { 'dns/x.ts': "export * from './zone.ts';" }, 'dns/x.ts: no barrels; import from where a thing is'],
    ['a default export', { 'dns/x.ts': 'export default function a() {}' }, 'dns/x.ts: no default exports'],
    ['a main that does more', { 'main.ts': `${good['main.ts']}${'\n1;'.repeat(20)}` }, 'main.ts: it only calls run()'],
  ];
  for (const [what, files, breach] of rows) test(what, () => assert.deepEqual(breaches(files), [breach]));

  test('what is in a comment, or in a test that may, is no breach', () => {
    const files = {
      'dns/x.ts':
        "// import { a } from '../store/database.ts';\n/* import('../store/a.ts') */\nconst url = 'https://x'; // import('../store/a.ts')",
      'dns/x.test.ts': "import { DatabaseSync } from 'node:sqlite';\nimport { a } from '../../test/fixtures/a.ts';",
    };
    assert.deepEqual(breaches(files), []);
  });

  test('an import is read whatever it looks like', () => {
    const text =
      "import a, { type B } from 'x';\nimport type C from \"y\";\nimport type from 'z';\nexport type { D } from './d.ts';";
    assert.deepEqual(
      importsOf({ path: 'f.ts', text }).map(({ specifier, isType }) => `${specifier}${isType ? ' type' : ''}`),
      ['x', 'y type', 'z', './d.ts type'],
    );
  });
});
