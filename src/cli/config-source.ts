import type { ConfigSource } from '../app/config-source.ts';
import type { ConfigFlags } from './options.ts';

/** Where the configuration comes from, by the flags of a command. `overrides` has the shape of the file; `flagNames` says by which flag each came. */
export function configSource(
  flags: ConfigFlags,
  environment: NodeJS.ProcessEnv,
  overrides: Readonly<Record<string, unknown>> = {},
  flagNames: Readonly<Record<string, string>> = {},
): ConfigSource {
  return {
    file: flags.config,
    environment,
    overrides: { ...overrides, data: flags.data },
    flagNames: { ...flagNames, data: '--data' },
  };
}
