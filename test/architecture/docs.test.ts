import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, normalize } from 'node:path';
import { before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { EXIT } from '../../src/cli/exit-code.ts';
import { settingVariables } from '../../src/config/environment.ts';
import { knownCas } from '../../src/config/known-ca.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import { sections } from '../../src/config/settings.ts';
import { configurationRows } from './configuration-rows.ts';
import { projectFolder, projectText, sourceFiles } from './source-files.ts';

const folders = ['', 'docs', 'docs/adr', 'bench', 'deploy', 'test/peers'];
const pages = folders.flatMap((folder) => {
  const path = join(projectFolder, folder);
  return existsSync(path)
    ? readdirSync(path)
        .filter((file) => file.endsWith('.md'))
        .map((file) => join(folder, file))
    : [];
});

/** Fenced blocks of one language. */
function blocks(page: string, language: string): string[] {
  return [...projectText(page).matchAll(new RegExp(`^ *\`\`\`${language}\\n([\\s\\S]*?)^ *\`\`\``, 'gm'))].map(
    ([, text = '']) => text,
  );
}

/** The anchor that a heading has on a page. */
function anchors(page: string): string[] {
  return [...projectText(page).matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

describe('links', () => {
  for (const page of pages) {
    test(page, () => {
      const text = projectText(page).replaceAll(/^ *```[\s\S]*?^ *```/gm, '');
      for (const [, target = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
        if (/^[a-z]+:/.test(target)) continue;
        const [file = '', anchor] = target.split('#');
        const path = file === '' ? page : normalize(join(dirname(page), file));
        assert.ok(existsSync(join(projectFolder, path)), `${page} links to ${target}, which is not there`);
        if (anchor !== undefined)
          assert.ok(anchors(path).includes(anchor), `${page} links to ${target}, which has no such heading`);
      }
    });
  }

  test('every page of docs/ can be reached from the README', () => {
    const seen = new Set(['README.md']);
    for (const page of seen) {
      for (const [, target = ''] of projectText(page).matchAll(/\]\(([^)#\s]+\.md)/g)) {
        if (!target.includes(':')) seen.add(normalize(join(dirname(page), target)));
      }
      for (const [, folder = ''] of projectText(page).matchAll(/\]\((docs\/adr\/)\)/g)) {
        for (const other of pages.filter((one) => one.startsWith(folder))) seen.add(other);
      }
    }
    assert.deepEqual(
      pages.filter((page) => page.startsWith('docs/') && !seen.has(page)),
      [],
    );
  });
});

describe('files that a page speaks of', () => {
  const sources = sourceFiles('src').map(({ path }) => path);
  for (const page of pages) {
    test(page, () => {
      for (const [, file = ''] of projectText(page).matchAll(/`([\w/.-]+\.(?:ts|mjs|sh))`/g)) {
        const isThere =
          existsSync(join(projectFolder, file)) || sources.some((path) => path === file || path.endsWith(`/${file}`));
        assert.ok(isThere || file === 'x.test.ts', `${page} speaks of ${file}, which is not there`);
      }
    });
  }
});

describe('configurations', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'evercert-docs-'));
    await writeFile(join(folder, 'eab.key'), 'c2VjcmV0', { mode: 0o600 });
    await writeFile(join(folder, 'database.password'), 'secret', { mode: 0o600 });
    await writeFile(join(folder, 'registration-tokens'), '0123456789abcdef', { mode: 0o600 });
    for (const file of ['registration-users', 'storage-users'])
      await writeFile(join(folder, file), 'alice:secret', { mode: 0o600 });
    await writeFile(join(folder, 'ca-root.pem'), '-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n');
  });

  for (const page of pages) {
    for (const [index, block] of blocks(page, 'toml').entries()) {
      test(`${page}, block ${index + 1}`, async () => {
        const text = block.replaceAll('/etc/evercert/', `${folder}/`);
        const { warnings } = await loadConfig({ text, environment: {} });
        assert.deepEqual(warnings, []);
      });
    }
  }

  for (const section of Object.keys(sections) as (keyof typeof sections)[]) {
    test(`docs/configuration.md has every key of [${section}], with its default`, () => {
      const lines = projectText('docs/configuration.md').split('\n');
      for (const row of configurationRows(section)) assert.ok(lines.includes(row), row);
    });
  }

  test('docs/configuration.md has no other keys, every CA, and only variables that there are', () => {
    const page = projectText('docs/configuration.md');
    const rows = Object.keys(sections).flatMap((section) => configurationRows(section as keyof typeof sections));
    const cas = knownCas.map(
      ({ name, title, directory, needsExternalAccount }) =>
        `| \`${name}\` | ${title} | ${directory} | ${needsExternalAccount ? 'needed' : '–'} |`,
    );
    assert.deepEqual(
      page.split('\n').filter((line) => line.startsWith('| `')),
      [...rows, ...cas].toSorted((one, other) => page.indexOf(one) - page.indexOf(other)),
    );
    const variables = new Set([
      ...settingVariables().map(({ name }) => name),
      'EVERCERT_ACME_EXTERNAL_ACCOUNT_HMAC_KEY',
      'EVERCERT_DATABASE_PASSWORD',
      'EVERCERT_CONFIG',
      'EVERCERT_DEBUG',
      'EVERCERT_CERTIFICATE',
      'EVERCERT_NAMES',
      'EVERCERT_FOLDER',
    ]);
    for (const [name] of page.matchAll(/EVERCERT_[A-Z0-9_]+[A-Z0-9]/g)) assert.ok(variables.has(name), name);
  });
});

describe('command lines', () => {
  const helps = new Map<string, Promise<string>>();

  function help(command: string): Promise<string> {
    const known = helps.get(command);
    if (known !== undefined) return known;
    const args = [join(projectFolder, 'src/main.ts'), ...command.split(' ').filter((word) => word !== ''), '--help'];
    const text = promisify(execFile)(process.execPath, args).then(({ stdout }) => stdout);
    helps.set(command, text);
    return text;
  }

  /** Every command, and those below it, such as `kube status certificate`. */
  async function commands(above = ''): Promise<string[]> {
    const names = commandsIn(await help(above)).map((name) => `${above} ${name}`.trim());
    const below = await Promise.all(names.map((name) => commands(name)));
    return names.flatMap((name, at) => [name, ...(below[at] ?? [])]);
  }

  function commandsIn(text: string): string[] {
    const list = /^Commands:\n((?: {2}.*\n)*)/m.exec(text)?.[1] ?? '';
    return [...list.matchAll(/^ {2}([a-z][a-z-]*)/gm)].flatMap(([, name]) =>
      name === undefined || name === 'help' ? [] : [name],
    );
  }

  for (const page of pages) {
    const lines = [...projectText(page).matchAll(/\.\/evercert ([^\n`]*)/g)].map(([, line = '']) =>
      line.replace(/\s+(#|&&|\||>).*$/, ''),
    );
    if (lines.length === 0) continue;
    test(page, async () => {
      const all = await commands();
      for (const line of lines) {
        const words = line.split(/\s+/);
        const command = [3, 2, 1].map((count) => words.slice(0, count).join(' ')).find((name) => all.includes(name));
        assert.ok(command !== undefined, `${page}: there is no command for "./evercert ${line}"`);
        const text = await help(command);
        for (const [, flag = ''] of ` ${line}`.matchAll(/\s(--?[a-z][a-z-]*)/g)) {
          assert.match(text, new RegExp(`(^|[\\s,])${flag}\\b`, 'm'), `${page}: "./evercert ${line}"`);
        }
      }
    });
  }

  test('docs/commands.md has every command and every flag', async () => {
    const page = projectText('docs/commands.md');
    for (const command of await commands()) {
      // A group has a section, or each of its commands has one; `kube status certificate` stands under `kube status`.
      const words = command.split(' ');
      const titles = [command, words[0] ?? '', words.slice(0, 2).join(' '), `${command} .*`];
      assert.match(page, new RegExp(`^## (${titles.join('|')})$`, 'm'));
      for (const [flag] of (await help(command)).matchAll(/(?<=^ {2}(?:-[a-z], )?)--[a-z-]+/gm)) {
        assert.ok(['--help', '--version'].includes(flag) || page.includes(flag), `${command} ${flag}`);
      }
    }
  });

  test('docs/commands.md has every exit code', () => {
    const rows = [...projectText('docs/commands.md').matchAll(/^\| (\d+) \| `(\w+)` \|/gm)];
    assert.deepEqual(Object.fromEntries(rows.map(([, code, name]) => [name, Number(code)])), { ...EXIT });
  });
});

test('docs/dependencies.md has every package, with a reason', () => {
  const manifest = JSON.parse(projectText('package.json')) as Record<string, Record<string, string>>;
  const packages = ['dependencies', 'devDependencies', 'optionalDependencies'].flatMap((kind) =>
    Object.keys(manifest[kind] ?? {}),
  );
  const rows = [...projectText('docs/dependencies.md').matchAll(/^\| `([^`]+)` \| .{10,} \|$/gm)].map(
    ([, name]) => name ?? '',
  );
  assert.deepEqual(rows.toSorted(), packages.toSorted());
});
