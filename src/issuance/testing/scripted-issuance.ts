import { parseCertificateName, parseDomainName } from '../../core/domain-name.ts';
import type { DomainName } from '../../core/domain-name.ts';
import { parseChain } from '../../pki/chain.ts';
import { generateKey } from '../../pki/key.ts';
import type { Event } from '../../telemetry/event.ts';
import { factsOf } from '../certificate-facts.ts';
import type { IssueDeps } from '../issue-certificate.ts';
import type { CertificateRequest, ChallengeAnswer, OrderRecord, OrderState } from '../order-record.ts';
import type { OrderDeps } from '../order-step.ts';
import type { DelegationFinding, Delivery, IssuedCertificate, Presenter } from '../ports.ts';
import { createLeapingClock } from './leaping-clock.ts';
import type { LeapingClock } from './leaping-clock.ts';
import { createScriptedAcme } from './scripted-acme.ts';
import type { ScriptedAcme } from './scripted-acme.ts';
import { createMemoryOrderStore, createMemoryRenewalStore } from './stores-in-memory.ts';

/** Everything that issuance/ works with, in memory, with faults that a test puts in. */
export interface ScriptedIssuance {
  readonly request: CertificateRequest;
  readonly clock: LeapingClock;
  readonly acme: ScriptedAcme;
  /** What is in DNS. */
  readonly served: Set<string>;
  readonly delivered: Map<string, IssuedCertificate>;
  readonly events: Event[];
  /** Thrown, first first, by the next calls of the part. */
  readonly faults: { present: Error[]; remove: Error[]; deliver: Error[]; openAcme: Error[] };
  /** What the looks at the delegation find, domain by domain; `ready` when nothing is left. */
  readonly findings: Map<string, (Omit<DelegationFinding & { kind: 'missing' }, 'name' | 'target'> | Error)[]>;
  readonly orderDeps: OrderDeps;
  readonly deps: IssueDeps;
  /** How often the account was opened, and whether anew. */
  readonly opened: boolean[];
  order(state: OrderState): Promise<OrderRecord>;
  eventTypes(): string[];
}

export const answerKey = ({ name, value }: ChallengeAnswer): string => `${name} ${value}`;
export const targetOf = (domain: string): DomainName =>
  parseDomainName(`label-of-${domain.replaceAll('.', '-')}.auth.example.net`);

export async function createScriptedIssuance(
  o: { names?: readonly string[]; ready?: boolean; processing?: number } = {},
): Promise<ScriptedIssuance> {
  const names = (o.names ?? ['example.org', '*.example.org']).map(parseCertificateName);
  const request: CertificateRequest = {
    id: 'example.org',
    names,
    ca: 'https://ca.example/directory',
    keyType: 'P-256',
  };
  const clock = createLeapingClock();
  const acme = await createScriptedAcme({ now: () => clock.now(), ...o });
  const served = new Set<string>();
  const delivered = new Map<string, IssuedCertificate>();
  const events: Event[] = [];
  const faults: ScriptedIssuance['faults'] = { present: [], remove: [], deliver: [], openAcme: [] };
  const findings: ScriptedIssuance['findings'] = new Map();
  const opened: boolean[] = [];

  const presenter: Presenter = {
    delegationTarget: async (domain) => targetOf(domain),
    async present(answers) {
      throwNext(faults.present);
      for (const answer of answers) served.add(answerKey(answer));
    },
    async remove(answers) {
      throwNext(faults.remove);
      for (const answer of answers) served.delete(answerKey(answer));
    },
  };
  const delivery: Delivery = {
    async deliver(issued) {
      throwNext(faults.deliver);
      delivered.set(issued.certificate.id, issued);
      return [`/tls/${issued.certificate.id}`];
    },
    async current(id) {
      const chain = delivered.get(id)?.chain;
      const [leaf] = chain === undefined ? [] : parseChain(chain);
      return chain === undefined || leaf === undefined ? undefined : { chain, facts: factsOf(leaf) };
    },
  };
  const common = {
    store: createMemoryOrderStore(),
    renewals: createMemoryRenewalStore(),
    presenter,
    delivery,
    clock,
    emit: (event: Event) => void events.push(event),
    random: () => 0.5,
  };
  const privateKey = await generateKey('P-256');
  return {
    request,
    clock,
    acme,
    served,
    delivered,
    events,
    faults,
    findings,
    opened,
    orderDeps: { ...common, acme },
    deps: {
      ...common,
      delegation: {
        async checkDelegation(domain, target) {
          const name = parseDomainName(`_acme-challenge.${domain}`);
          const next = findings.get(domain)?.shift();
          if (next instanceof Error) throw next;
          return next === undefined ? { kind: 'ready', name, target } : { ...next, name, target };
        },
      },
      async openAcme(_, again) {
        throwNext(faults.openAcme);
        opened.push(again);
        return acme;
      },
    },
    async order(state) {
      const order = { certificate: request, createdAt: clock.now(), privateKey, state };
      await common.store.saveOrder(order);
      return order;
    },
    eventTypes: () => events.map(({ type }) => type),
  };
}

function throwNext(faults: Error[]): void {
  const fault = faults.shift();
  if (fault !== undefined) throw fault;
}
