import type { LoadedConfig } from './config.ts';

export async function loadConfig(_options: {
  readonly file?: string | undefined;
  readonly text?: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly overrides?: Readonly<Record<string, unknown>> | undefined;
}): Promise<LoadedConfig> {
  throw new Error('being built');
}
