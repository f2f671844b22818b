import type { DomainName } from '../core/domain-name.ts';

/** The TXT values that every server of the target's zone serves now; undefined when none could be asked. */
export type LiveValues = (target: DomainName, signal: AbortSignal) => Promise<readonly string[] | undefined>;
