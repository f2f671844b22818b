import type { EventSink } from './event.ts';

/** One sink that feeds several. One that throws does not keep the event from the others, nor from the work it is about. */
export function combineSinks(sinks: readonly EventSink[], onFailure: (error: unknown) => void = () => {}): EventSink {
  return (event) => {
    for (const sink of sinks) {
      try {
        sink(event);
      } catch (error) {
        onFailure(error);
      }
    }
  };
}
