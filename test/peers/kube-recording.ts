import { readFileSync } from 'node:fs';
import type { KubeObject } from '../../src/kube/api/object.ts';

/** When everything that was recorded is fresh. */
export const RECORDED_AT = Date.parse('2026-11-24T00:30:00Z');

export interface RecordedEvent {
  readonly kind: string;
  readonly name: string;
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly component: string;
}

/** One thing that a watcher of the API server saw of cert-manager 1.21.1; `of` is `Kind/name`. */
export type RecordedStep =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly of: string; readonly object: KubeObject }
  | { readonly type: 'EVENT'; readonly event: RecordedEvent };

type Json = Readonly<Record<string, unknown>>;

/** A line of the file. */
interface Line {
  readonly type: RecordedStep['type'];
  readonly of: string;
  readonly object?: unknown;
  readonly patch?: unknown;
}

/** What stands in place of what the first line has. */
interface Reference {
  readonly $text?: number;
  readonly $owned?: number;
}

/**
 * The recording, whole objects with their managedFields. In the file long texts and field sets stand once, in its first line, and a changed object is
 * a merge patch (RFC 7386) of what it was before.
 */
export function readRecording(): readonly RecordedStep[] {
  const file = readFileSync(new URL('../fixtures/cert-manager-recording.jsonl', import.meta.url), 'utf8');
  const [head = '', ...lines] = file.trimEnd().split('\n');
  const shared = JSON.parse(head) as { readonly texts: readonly string[]; readonly owned: readonly Json[] };
  const last = new Map<string, unknown>();
  return lines.map((line): RecordedStep => {
    const step = JSON.parse(line) as Line;
    if (step.type === 'EVENT') return { type: 'EVENT', event: step.object as RecordedEvent };
    const { type, of } = step;
    const body = type === 'MODIFIED' ? merged(last.get(of), step.patch) : (step.object ?? last.get(of));
    last.set(of, body);
    return { type, of, object: unfolded(body, shared) as KubeObject };
  });
}

/** The objects that were there after the step with this number, in the order in which they were made. */
export function recordedState(steps: readonly RecordedStep[], last: number): readonly KubeObject[] {
  const state = new Map<string, KubeObject>();
  for (const step of steps.slice(0, last + 1)) {
    if (step.type === 'DELETED') state.delete(step.of);
    else if (step.type !== 'EVENT') state.set(step.of, step.object);
  }
  return [...state.values()];
}

/** Applies objects as somebody applied them then. Those that were made twice were made otherwise the second time. */
export async function applyRecorded(
  cluster: { kubectl(args: readonly string[], input?: string): Promise<string> },
  steps: readonly RecordedStep[],
  names: readonly string[],
  which: 'first' | 'last' = 'first',
): Promise<void> {
  for (const of of names) {
    const found = steps.filter((one) => one.type === 'ADDED' && one.of === of);
    const step = which === 'first' ? found[0] : found.at(-1);
    if (step === undefined || step.type === 'EVENT') throw new Error(`${of} was not recorded`);
    const text = step.object.metadata.annotations?.['kubectl.kubernetes.io/last-applied-configuration'];
    await cluster.kubectl(['apply', '-f', '-'], text);
  }
}

function merged(before: unknown, patch: unknown): unknown {
  if (!isMembers(patch) || !isMembers(before) || '$text' in patch) return patch;
  const after: Record<string, unknown> = { ...before };
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete after[name];
    else after[name] = merged(before[name], value);
  }
  return after;
}

function unfolded(
  value: unknown,
  shared: { readonly texts: readonly string[]; readonly owned: readonly Json[] },
): unknown {
  if (Array.isArray(value)) return value.map((item) => unfolded(item, shared));
  if (!isMembers(value)) return value;
  const { $text, $owned }: Reference = value;
  if ($text !== undefined) return shared.texts[$text];
  if ($owned !== undefined) return shared.owned[$owned];
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, unfolded(member, shared)]));
}

function isMembers(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
