import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

// A folder of the program's own: what lies in the default one below /tmp might have been put there by anybody.
const cache = fileURLToPath(new URL('../node_modules/.cache/evercert', import.meta.url));
enableCompileCache(process.env['NODE_COMPILE_CACHE'] ?? cache);
const { run } = await import('./cli/run.ts');
await run(process.argv, process.env);
