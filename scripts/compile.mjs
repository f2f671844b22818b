import { globSync, readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

// Reads every module once, so that what is compiled lies in NODE_COMPILE_CACHE: for an image whose file system cannot be written to later. What a
// module needs to run (a thread, arguments) is not there, and nobody minds.
const files = globSync('src/**/*.ts', {
  exclude: (path) => /\.(test|fixture)\.ts$|[/]testing[/]|main\.ts$/.test(path),
});
const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
const modules = [...Object.keys(dependencies), ...files.map((file) => pathToFileURL(file).href)];
for (const module of modules) await import(module).catch(() => {});
