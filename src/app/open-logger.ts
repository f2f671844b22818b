import type { LoadedConfig } from '../config/config.ts';
import { DomainError, messageOf } from '../core/error.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { ConfigSource } from './config-source.ts';

/** The log of the configuration: a file, or standard error. @throws DomainError `file-not-writable` */
export async function openLogger({ config }: LoadedConfig, { environment }: ConfigSource): Promise<Logger> {
  const { createLogger, logToFile, logToStandardError } = await import('../telemetry/logger.ts');
  const { level, format, file } = config.log;
  try {
    const target = file === undefined ? logToStandardError(format, environment) : logToFile(format, file);
    return await createLogger({ level, ...target });
  } catch (error) {
    const message = `the log file ${file ?? ''} cannot be written: ${messageOf(error)}; name another as log.file`;
    throw new DomainError('file-not-writable', message, { cause: error });
  }
}
