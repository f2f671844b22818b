// What app/ tells its callers while it works; the shapes are telemetry's.
export type { Event, EventSink } from '../telemetry/event.ts';
