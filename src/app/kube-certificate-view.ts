import { DomainError, messageOf } from '../core/error.ts';
import type { KubeClient } from '../kube/api/client.ts';
import { events } from '../kube/api/event-object.ts';
import { isKubeError } from '../kube/api/kube-error.ts';
import { listAll } from '../kube/api/list-all.ts';
import type { KubeObject, ObjectKey } from '../kube/api/object.ts';
import { secretBytes, secrets } from '../kube/api/secret.ts';
import { conditionOf } from '../kube/conditions.ts';
import { certificateRequestResource } from '../kube/schema/certificate-request.ts';
import { certificateResource } from '../kube/schema/certificate.ts';
import type { Certificate } from '../kube/schema/certificate.ts';
import { challengeResource } from '../kube/schema/challenge.ts';
import type { Condition } from '../kube/schema/condition.ts';
import { clusterIssuerResource, issuerResource } from '../kube/schema/issuer.ts';
import { orderResource } from '../kube/schema/order.ts';
import { readableName } from '../pki/distinguished-name.ts';
import { parseCertificate } from '../pki/parsed-certificate.ts';

/** One event, newest last. */
export interface EventView {
  readonly at: string | undefined;
  readonly type: string;
  readonly reason: string;
  readonly message: string;
}

export interface ObjectView {
  readonly kind: string;
  readonly name: string;
  /** Whether the object is there; undefined when whoever asks may not read it. */
  readonly found: boolean | undefined;
  /** What it says of itself: conditions, or the state of ACME objects. */
  readonly states: readonly StateView[];
  readonly events: readonly EventView[];
}

export interface StateView {
  readonly state: string;
  readonly reason: string | undefined;
  readonly message: string | undefined;
}

export interface SecretView {
  readonly name: string;
  /** Undefined when whoever asks may not read it. */
  readonly found: boolean | undefined;
  /** Why what is in it is no certificate. */
  readonly fault?: string | undefined;
  readonly subject?: string;
  readonly issuer?: string;
  readonly names?: readonly string[];
  readonly serial?: string;
  /** ISO 8601. */
  readonly notBefore?: string;
  readonly notAfter?: string;
}

/** The whole chain of objects of one Certificate; nothing secret. */
export interface CertificateView {
  readonly namespace: string;
  readonly name: string;
  readonly createdAt: string | undefined;
  readonly names: readonly string[];
  readonly notAfter: string | undefined;
  readonly renewalTime: string | undefined;
  readonly revision: number | undefined;
  readonly failedAttempts: number;
  /** In one sentence: what it is up to, and what it waits for. */
  readonly summary: string;
  readonly certificate: ObjectView;
  readonly issuer: ObjectView;
  readonly secret: SecretView;
  readonly request: ObjectView | undefined;
  readonly order: ObjectView | undefined;
  readonly challenges: readonly ObjectView[];
}

const MOST_EVENTS = 10;

/** @throws DomainError `kube-not-found` when there is no such Certificate; what the API server says */
export async function viewCertificate(
  client: KubeClient,
  key: { readonly namespace: string; readonly name: string },
  signal: AbortSignal,
): Promise<CertificateView> {
  const { namespace, name } = key;
  const certificate = await client.get(certificateResource, key, { signal });
  if (certificate === undefined) {
    const message = `there is no Certificate ${key.name} in the namespace ${key.namespace}; see: kubectl get certificates -A`;
    throw new DomainError('kube-not-found', message);
  }
  const look = createLook(client, key.namespace, signal);
  const { spec, status, metadata } = certificate;
  const request = await findRequest(look, certificate);
  const order = request && (await look.ownedBy(orderResource, request));
  const challenges = order === undefined ? [] : await look.allOwnedBy(challengeResource, order);
  const view = {
    namespace,
    name,
    createdAt: metadata.creationTimestamp,
    names: [
      ...(spec.dnsNames ?? []),
      ...(spec.ipAddresses ?? []),
      ...(spec.uris ?? []),
      ...(spec.emailAddresses ?? []),
    ],
    notAfter: status?.notAfter,
    renewalTime: status?.renewalTime,
    revision: status?.revision,
    failedAttempts: status?.failedIssuanceAttempts ?? 0,
    certificate: await look.view('Certificate', certificate, conditionStates(status?.conditions)),
    issuer: await viewIssuer(look, certificate),
    secret: await viewSecret(client, { namespace: key.namespace, name: spec.secretName }, signal),
    request: request && (await look.view('CertificateRequest', request, conditionStates(request.status?.conditions))),
    order: order && (await look.view('Order', order, acmeStates(order.status))),
    challenges: await Promise.all(
      challenges.map((one) => look.view(`Challenge for ${one.spec.dnsName}`, one, acmeStates(one.status))),
    ),
  };
  return { ...view, summary: summaryOf(certificate, view) };
}

function summaryOf(
  { status }: Certificate,
  view: Pick<CertificateView, 'issuer' | 'request' | 'order' | 'challenges' | 'renewalTime'>,
): string {
  const ready = conditionOf(status?.conditions, 'Ready');
  const issuing = conditionOf(status?.conditions, 'Issuing');
  if (issuing?.status === 'True') {
    // The deepest object that says something knows best what is waited for.
    const said = [...view.challenges, view.order, view.request].flatMap((one) => one?.states ?? []);
    const waits = said.find(({ message }) => message !== undefined && message !== '')?.message;
    return `It is being issued. ${waits ?? issuing.message ?? ''}`.trim();
  }
  if (ready?.status === 'True') {
    return view.renewalTime === undefined ? 'It is ready.' : `It is ready, and is renewed at ${view.renewalTime}.`;
  }
  if (view.issuer.found === false) return `It is not ready: there is no ${view.issuer.kind} ${view.issuer.name}.`;
  const failure = issuing?.message ?? ready?.message;
  return failure === undefined
    ? 'Nobody has looked at it yet: is the controller running?'
    : `It is not ready: ${failure}`;
}

async function findRequest(look: Look, { metadata, status, spec }: Certificate) {
  const all = await look.all(certificateRequestResource);
  const own = all.filter(
    (request) => request.metadata.annotations?.['cert-manager.io/certificate-name'] === metadata.name,
  );
  const next = (status?.revision ?? 0) + 1;
  const revision = (request: (typeof own)[number]): number =>
    Number(request.metadata.annotations?.['cert-manager.io/certificate-revision'] ?? 0);
  const newest = own.toSorted((a, b) => revision(b) - revision(a))[0];
  return own.find((request) => revision(request) === next) ?? (spec.secretName === '' ? undefined : newest);
}

async function viewIssuer(look: Look, { spec: { issuerRef } }: Certificate): Promise<ObjectView> {
  const { name, kind = 'Issuer', group = 'cert-manager.io' } = issuerRef;
  const isOurs = group === 'cert-manager.io' && (kind === 'Issuer' || kind === 'ClusterIssuer');
  if (!isOurs) {
    const message = `an issuer of ${group}: its own controller signs`;
    return { kind, name, found: true, states: [{ state: 'foreign', reason: undefined, message }], events: [] };
  }
  const issuer = kind === 'Issuer' ? await look.get(issuerResource, name) : await look.get(clusterIssuerResource, name);
  if (issuer === undefined || issuer === 'hidden')
    return { kind, name, found: issuer === 'hidden' ? undefined : false, states: [], events: [] };
  return await look.view(kind, issuer, conditionStates(issuer.status?.conditions));
}

async function viewSecret(client: KubeClient, key: ObjectKey, signal: AbortSignal): Promise<SecretView> {
  const secret = await unlessHidden(client.get(secrets, key, { signal }));
  if (secret === 'hidden') return { name: key.name, found: undefined };
  if (secret === undefined) return { name: key.name, found: false };
  return { name: key.name, found: true, ...describeCertificate(secretBytes(secret, 'tls.crt')) };
}

/** What the first certificate of a PEM says, or why it says nothing. */
export function describeCertificate(pem: Uint8Array | undefined): Omit<SecretView, 'name' | 'found'> {
  if (pem === undefined || pem.length === 0) return { fault: 'it has no tls.crt' };
  try {
    const parsed = parseCertificate(Buffer.from(pem).toString('utf8'));
    const { dnsNames, ipAddresses, uris, emailAddresses } = parsed;
    return {
      subject: readableName(parsed.subject),
      issuer: readableName(parsed.issuer),
      names: [...dnsNames, ...ipAddresses, ...uris, ...emailAddresses],
      serial: parsed.serial,
      notBefore: new Date(parsed.notBefore).toISOString(),
      notAfter: new Date(parsed.notAfter).toISOString(),
    };
  } catch (error) {
    return { fault: messageOf(error) };
  }
}

function conditionStates(conditions: readonly Condition[] | undefined): StateView[] {
  return (conditions ?? []).map(({ type, status, reason, message }) => ({
    state: `${type}: ${status}`,
    reason,
    message,
  }));
}

function acmeStates(status: { readonly state?: string | undefined; readonly reason?: string | undefined } | undefined) {
  return [{ state: status?.state ?? 'new', reason: undefined, message: status?.reason }];
}

/** Who may read Certificates need not be allowed to read all that belongs to them: viewers of a namespace see no Secrets. */
async function unlessHidden<T>(work: Promise<T>): Promise<T | 'hidden'> {
  try {
    return await work;
  } catch (error) {
    if (isKubeError(error, 'kube-forbidden') && error.status === 403) return 'hidden';
    throw error;
  }
}

type Look = ReturnType<typeof createLook>;

/** Reads what belongs to the Certificates of one namespace. */
function createLook(client: KubeClient, namespace: string, signal: AbortSignal) {
  const all = async <T extends KubeObject>(resource: Parameters<typeof client.get<T>>[0]) => {
    const listed = await unlessHidden(listAll(client, resource, { namespace }, { signal }));
    return listed === 'hidden' ? [] : listed.items;
  };
  const allOwnedBy = async <T extends KubeObject>(resource: Parameters<typeof client.get<T>>[0], owner: KubeObject) =>
    (await all(resource)).filter(({ metadata }) =>
      metadata.ownerReferences?.some(({ uid }) => uid === owner.metadata.uid),
    );
  return {
    all,
    allOwnedBy,
    get: <T extends KubeObject>(resource: Parameters<typeof client.get<T>>[0], name: string) =>
      unlessHidden(client.get(resource, resource.namespaced ? { namespace, name } : { name }, { signal })),
    ownedBy: async <T extends KubeObject>(resource: Parameters<typeof client.get<T>>[0], owner: KubeObject) =>
      (await allOwnedBy(resource, owner)).at(-1),
    async view(kind: string, { metadata }: KubeObject, states: readonly StateView[]): Promise<ObjectView> {
      const fieldSelector = `involvedObject.uid=${metadata.uid ?? ''}`;
      const listed = await listAll(
        client,
        events,
        { namespace: metadata.namespace ?? 'default', fieldSelector },
        { signal },
      )
        .then(({ items }) => items)
        .catch(() => []);
      const shown = listed
        .map((event) => ({
          at: event.lastTimestamp ?? event.metadata.creationTimestamp,
          type: event.type ?? '',
          reason: event.reason ?? '',
          message: event.message ?? '',
        }))
        .toSorted((a, b) => (a.at ?? '').localeCompare(b.at ?? ''))
        .slice(-MOST_EVENTS);
      return { kind, name: metadata.name, found: true, states, events: shown };
    },
  };
}
