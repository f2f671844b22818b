import type { KubeObject } from '../../src/kube/api/object.ts';
import { ownedFields } from '../../src/kube/secret/owned-fields.ts';
import type { RecordedStep } from './kube-recording.ts';

// What users and tools go by in what a watcher saw, as lines that can be compared: names, labels, annotations, owners, conditions, states, data keys,
// events. Not when, how often, and in which order writers met.

export interface Difference {
  /** Who alone has such lines. */
  readonly who: 'cert-manager' | 'evercert';
  readonly lines: RegExp;
  /** Why it is so, as in docs/divergences.md. */
  readonly why: string;
  /** Whether it comes to that only when things happen in a certain order. */
  readonly sometimes?: boolean;
}

/** `isOf`: which objects, by `Kind/name`. */
export function storyOf(steps: readonly RecordedStep[], isOf: (of: string) => boolean): ReadonlySet<string> {
  const lines = new Set<string>();
  for (const step of steps) {
    if (step.type === 'EVENT') {
      const { kind, name, type, reason, message } = step.event;
      if (isOf(`${kind}/${name}`)) lines.add(plain(`${kind}/${name} event ${type} ${reason}: ${message}`));
    } else if (isOf(step.of) && !/^(Ingress|Gateway)\//.test(step.of)) {
      if (step.type === 'DELETED') lines.add(plain(`${step.of} deleted`));
      else for (const line of linesOf(step.object)) lines.add(plain(`${step.of} ${line}`));
    }
  }
  return lines;
}

/** What is left when what is known to differ is taken away, and what was expected to differ and does not. */
export function compareStories(
  theirs: ReadonlySet<string>,
  ours: ReadonlySet<string>,
  expected: readonly Difference[],
): { readonly onlyCertManager: string[]; readonly onlyEvercert: string[]; readonly notMet: string[] } {
  const known = (who: Difference['who'], line: string) =>
    expected.some((one) => one.who === who && one.lines.test(line));
  const alone = {
    'cert-manager': [...theirs.difference(ours)].toSorted(),
    evercert: [...ours.difference(theirs)].toSorted(),
  };
  return {
    onlyCertManager: alone['cert-manager'].filter((line) => !known('cert-manager', line)),
    onlyEvercert: alone.evercert.filter((line) => !known('evercert', line)),
    notMet: expected
      .filter(({ who, lines, sometimes = false }) => !sometimes && !alone[who].some((line) => lines.test(line)))
      .map(({ who, lines }) => `${who}: ${lines.source}`),
  };
}

type Told = KubeObject & {
  readonly type?: string;
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly status?: Readonly<Record<string, unknown>> & {
    readonly conditions?: readonly { type: string; status: string; reason?: string; message?: string }[];
    readonly state?: string;
    readonly reason?: string;
  };
};

const SECRET_MANAGER = 'cert-manager-certificates-issuing';
/** Different in each cluster, or of the webhook alone. */
const NOT_TOLD = new Set([
  'request',
  'username',
  'uid',
  'groups',
  'extra',
  'key',
  'token',
  'url',
  'authorizationURL',
  'solver',
]);

function linesOf(object: Told): string[] {
  const { kind, metadata, status, data, type, spec } = object;
  const { labels = {}, annotations = {}, ownerReferences = [], finalizers = [], managedFields = [] } = metadata;
  const shown = Object.entries(annotations).filter(([name]) => !name.startsWith('kubectl.'));
  const lines = [
    ...Object.entries(labels).map(([name, value]) => `label ${name}=${value}`),
    ...shown.map(([name, value]) => `annotation ${name}=${value}`),
    ...ownerReferences.map(
      (owner) =>
        `owner ${owner.apiVersion} ${owner.kind}/${owner.name} ${owner.controller} ${owner.blockOwnerDeletion}`,
    ),
    ...finalizers.map((finalizer) => `finalizer ${finalizer}`),
    ...(status?.conditions ?? []).map(
      (told) => `condition ${told.type}=${told.status} ${told.reason ?? ''}: ${told.message ?? ''}`,
    ),
    ...(status?.state === undefined ? [] : [`state ${status.state}`]),
    ...(kind === 'Challenge' && status?.reason !== undefined ? [`reason ${status.reason}`] : []),
    ...Object.keys(status ?? {}).map((name) => `status ${name}`),
  ];
  if (kind !== 'Secret')
    return [
      ...lines,
      ...Object.entries(spec ?? {}).flatMap(([name, value]) =>
        NOT_TOLD.has(name) ? [] : [`spec ${name}=${sorted(value)}`],
      ),
    ];
  const owned = ownedFields(managedFields, SECRET_MANAGER);
  return [
    ...lines,
    `type ${type}`,
    ...Object.keys(data ?? {}).map((name) => `data ${name}`),
    ...managedFields.map(({ manager, operation }) => `manager ${manager} ${operation}`),
    ...[...owned.labels].map((name) => `owned label ${name}`),
    ...[...owned.annotations].map((name) => `owned annotation ${name}`),
    ...[...owned.data].map((name) => `owned data ${name}`),
  ];
}

/** JSON, whatever the order of the members was. */
function sorted(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).toSorted(([one], [other]) => (one < other ? -1 : 1)))
      : member,
  );
}

/** Without what chance has made. */
function plain(line: string): string {
  return line
    .replaceAll(/-[bcdfghjklmnpqrstvwxz2456789]{5}(?=["\s]|$)/g, '-*')
    .replaceAll(/-\d{6,10}/g, '-N')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'T');
}
