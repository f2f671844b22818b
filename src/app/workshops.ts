import type { LoadedConfig } from '../config/config.ts';
import type { Answering } from './answering.ts';
import { loadSource } from './config-source.ts';
import type { Overrides } from './config-source.ts';
import type { ConfigSource } from './config-source.ts';
import { openIssuing } from './issuing.ts';
import type { Issuing, IssuingOptions } from './issuing.ts';

export interface WorkshopOptions extends Pick<IssuingOptions, 'folder' | 'wanted' | 'clock' | 'emit'> {
  readonly source: ConfigSource;
  readonly answer: (loaded: LoadedConfig) => Promise<Answering>;
}

/** Issuing for each set of settings that certificates were asked for with; opened when first needed, and kept. */
export interface Workshops {
  open(settings: Overrides | undefined): Promise<Issuing>;
  close(): Promise<void>;
}

export function createWorkshops({ source, answer, ...parts }: WorkshopOptions): Workshops {
  const opened = new Map<string, Promise<{ issuing: Issuing; answering: Answering }>>();

  async function create(settings: Overrides | undefined) {
    const loaded = await loadSource(source, settings);
    const answering = await answer(loaded);
    return { answering, issuing: openIssuing({ ...parts, loaded, answering }) };
  }

  return {
    async open(settings) {
      const key = JSON.stringify(settings ?? null);
      const workshop = opened.get(key) ?? create(settings);
      opened.set(key, workshop);
      // One that could not be opened is tried anew by the next who needs it.
      workshop.catch(() => opened.delete(key));
      return (await workshop).issuing;
    },
    async close() {
      for (const workshop of opened.values()) {
        const one = await workshop.catch(() => undefined);
        await one?.issuing.close();
        await one?.answering.stop();
      }
    },
  };
}
