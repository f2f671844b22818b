import type { DelegationTakeover } from '../app/kube-takeover-delegations.ts';
import type { CertificateTakeover, ForeseenTakeover } from '../app/kube-takeover.ts';
import { assertNever } from '../core/assert-never.ts';
import type { Terminal } from './terminal.ts';
import { wrap } from './wrap.ts';

type AnnotatedTakeover = ForeseenTakeover['annotated'][number];

/** What may surprise comes first. */
const CERTIFICATES: readonly (readonly [CertificateTakeover['takeover']['kind'], string])[] = [
  ['issues', 'issued anew'],
  ['cannot', 'kept, but evercert cannot renew it'],
  ['shares', 'not issued: its Secret is that of another Certificate'],
  ['waits', 'failed before, and tried again later'],
  ['goes-on', 'being issued: brought to its end'],
  ['renews', 'due for renewal'],
  ['stays', 'left as it is'],
];

const DELEGATIONS: readonly (readonly [DelegationTakeover['kind'], string])[] = [
  ['wrong', 'delegated wrongly, or not at all'],
  ['unknown', 'whose CNAME cannot be told yet'],
  ['not-served', 'delegated, and answered when evercert runs'],
  ['right', 'delegated'],
];

/** What Gateways need among the arguments of the controller. */
interface Enabled {
  readonly gateways: boolean;
  readonly listenerSets: boolean;
}

export function showTakeover(found: ForeseenTakeover, enabled: Enabled, terminal: Terminal): void {
  const { certificates, annotated, delegations = [] } = found;
  if (certificates.length === 0) terminal.line('there are no Certificates');
  for (const [kind, heading] of CERTIFICATES) {
    const rows = certificates.filter(({ takeover }) => takeover.kind === kind);
    section(terminal, heading, rows, ({ namespace, name, takeover }) => ({
      title: `${namespace}/${name}`,
      remarks: [remarkOn(takeover)],
    }));
  }
  const row = (one: AnnotatedTakeover) => ({
    title: `${one.kind} ${one.namespace}/${one.name}`,
    remarks: [...one.problems, ...changesOf(one), ...one.notes],
  });
  const [faulty, served] = [
    annotated.filter(({ problems }) => problems.length > 0),
    annotated.filter(({ problems }) => problems.length === 0),
  ];
  section(terminal, 'annotated, and not served as it is', faulty, row);
  section(terminal, 'annotated and served', served, row);
  for (const flag of missingFlags(annotated, enabled)) terminal.line(flag);
  for (const [kind, heading] of DELEGATIONS) {
    const rows = delegations.filter((one) => one.kind === kind);
    section(terminal, heading, rows, ({ domain, message }) => ({
      title: domain,
      remarks: message === undefined ? [] : [message],
    }));
  }
}

function section<T>(
  terminal: Terminal,
  heading: string,
  rows: readonly T[],
  read: (row: T) => { readonly title: string; readonly remarks: readonly string[] },
): void {
  if (rows.length === 0) return;
  terminal.line(terminal.style('bold', `${rows.length} ${heading}`));
  for (const { title, remarks } of rows.map(read)) {
    terminal.line(`  ${title}`);
    for (const remark of remarks) for (const line of wrap(remark, 72)) terminal.line(`      ${line}`);
  }
}

function changesOf({ issuer, made, changed, deleted, kept }: AnnotatedTakeover): string[] {
  const changes = [
    made.length > 0 && `makes ${made.join(', ')}`,
    changed.length > 0 && `changes ${changed.join(', ')}`,
    deleted.length > 0 && `deletes ${deleted.join(', ')}`,
    kept.length > 0 && `leaves ${kept.join(', ')} as it is`,
  ].filter((text) => text !== false);
  if (changes.length === 0) return [];
  return [`${issuer === undefined ? '' : `by ${issuer}: `}${changes.join('; ')}`];
}

function missingFlags(annotated: readonly AnnotatedTakeover[], { gateways, listenerSets }: Enabled): string[] {
  const has = (kind: RegExp) => annotated.some((one) => kind.test(one.kind));
  return [
    !gateways && has(/^Gateway$|ListenerSet$/) && 'Gateways need --enable-gateway-api among the args of evercert',
    !listenerSets && has(/ListenerSet$/) && 'ListenerSets need --enable-gateway-api-listenerset among the args as well',
  ].filter((text) => text !== false);
}

function remarkOn(takeover: CertificateTakeover['takeover']): string {
  switch (takeover.kind) {
    case 'stays': {
      const renewal = takeover.renewalTime === undefined ? '' : `renewed at ${timeText(takeover.renewalTime)}`;
      const repair = takeover.repair === undefined ? '' : `in its Secret, ${takeover.repair}: put right`;
      return [renewal, repair].filter((text) => text !== '').join('; ');
    }
    case 'issues':
      return `${takeover.reason}: ${takeover.message}`;
    case 'waits':
      return `at ${timeText(takeover.until)}: ${takeover.message}`;
    case 'shares':
      return `that of ${takeover.owner}, which names it too`;
    case 'cannot': {
      const until =
        takeover.validUntil === undefined
          ? 'it has no certificate now'
          : `valid until ${timeText(takeover.validUntil)}`;
      return `${takeover.message}; ${until}`;
    }
    case 'goes-on':
    case 'renews':
      return takeover.message;
    default:
      return assertNever(takeover);
  }
}

export function takeoverJson({ certificates, annotated, delegations }: ForeseenTakeover): Record<string, unknown> {
  return { certificates: certificates.map(asJson), annotated, delegations };
}

function asJson({ namespace, name, takeover }: CertificateTakeover): Record<string, unknown> {
  const times = Object.entries(takeover).map(([key, value]) => [
    key,
    typeof value === 'number' ? timeText(value) : value,
  ]);
  return { namespace, name, ...Object.fromEntries(times) };
}

function timeText(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;
}
