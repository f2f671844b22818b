import type { KubeClient, ListPage, WatchEvent } from '../api/client.ts';
import type { ConfigMap } from '../api/core-kinds.ts';

export type ScriptedAnswer =
  | { readonly list: readonly Partial<ListPage<ConfigMap>>[]; readonly error?: Error }
  | { readonly watch: readonly WatchEvent<ConfigMap>[]; readonly last?: 'end' | 'hang' | Error };

export interface ScriptedWatch extends Pick<KubeClient, 'list' | 'watch'> {
  /** What was asked, such as `list` or `watch from 5`. */
  readonly asked: string[];
  /** Adds an event to the watch that hangs. */
  tell(event: WatchEvent<ConfigMap>): void;
}

/** An API server that answers lists and watches from a script, one answer after the other; at its end it hangs. */
export function createScriptedWatch(script: readonly ScriptedAnswer[]): ScriptedWatch {
  const answers = [...script];
  const asked: string[] = [];
  let pushed: WatchEvent<ConfigMap>[] = [];
  let wake = (): void => {};

  return {
    asked,
    tell(event) {
      pushed.push(event);
      wake();
    },
    async *list(_resource, { pageSize }) {
      asked.push(pageSize === undefined ? 'list' : `list by ${pageSize}`);
      const answer = answers.shift();
      if (answer === undefined || !('list' in answer)) throw new Error(`no list was expected: ${asked.join(', ')}`);
      for (const page of answer.list) yield { items: [], unreadable: [], resourceVersion: '', ...page } as never;
      if (answer.error !== undefined) throw answer.error;
    },
    async *watch(_resource, { resourceVersion }, { signal }) {
      asked.push(`watch from ${resourceVersion}`);
      const answer = answers.shift() ?? { watch: [], last: 'hang' as const };
      if (!('watch' in answer)) throw new Error(`no watch was expected: ${asked.join(', ')}`);
      for (const event of answer.watch) yield event as never;
      if (answer.last instanceof Error) throw answer.last;
      while (answer.last === 'hang') {
        const now = pushed;
        pushed = [];
        for (const event of now) yield event as never;
        await new Promise<void>((resolve, reject) => {
          wake = resolve;
          if (pushed.length > 0) resolve();
          signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
        });
      }
    },
  };
}
