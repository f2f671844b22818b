import { z } from 'zod';
import type { Clock } from '../core/clock.ts';
import type { DomainName } from '../core/domain-name.ts';
import { DomainError } from '../core/error.ts';
import { query } from '../dns/query.ts';
import type { NameServer } from '../dns/query.ts';
import { txtValue } from '../dns/record.ts';
import type { KubeClient } from '../kube/api/client.ts';
import type { ObjectKey } from '../kube/api/object.ts';

/** How long the list of replicas is taken for good, in ms: each challenge asks for it. */
const KEEP = 2000;
const LIST_WITHIN = 5000;
/** A replica has an answer as soon as its watch has brought the Challenge: in some milliseconds, and after a break in some seconds. */
const WITHIN = 8000;
const LOOK_AGAIN = 50;
/** One that does not answer at all is of no use to a CA either: the Service leaves it out as soon as its probe fails. */
const ANSWER_WITHIN = 1500;

const slices = z.looseObject({
  items: z.array(
    z.looseObject({
      endpoints: z
        .array(
          z.looseObject({
            addresses: z.array(z.string()),
            conditions: z.looseObject({ ready: z.boolean().nullish() }).nullish(),
          }),
        )
        .nullish(),
      ports: z.array(z.looseObject({ port: z.number().nullish(), protocol: z.string().nullish() })).nullish(),
    }),
  ),
});

/**
 * Resolves when every replica behind a Service serves a value: a CA asks from several places, and each question may come to another one.
 * @throws DomainError `answer-not-served` when one that answers has not got it in time
 */
export function createReplicaCheck(
  client: Pick<KubeClient, 'raw'>,
  service: ObjectKey,
  clock: Clock,
): (target: DomainName, value: string, signal: AbortSignal) => Promise<void> {
  let known: { readonly servers: Promise<readonly NameServer[]>; readonly until: number } | undefined;

  async function list(): Promise<readonly NameServer[]> {
    const path = `/apis/discovery.k8s.io/v1/namespaces/${service.namespace ?? 'default'}/endpointslices`;
    const labelSelector = `kubernetes.io/service-name=${service.name}`;
    // Several may wait for one list, so that it has a signal of its own.
    const signal = AbortSignal.timeout(LIST_WITHIN);
    return serversIn(await client.raw({ method: 'GET', path, query: { labelSelector } }, { signal }));
  }

  function replicas(): Promise<readonly NameServer[]> {
    if (known !== undefined && known.until > clock.now()) return known.servers;
    const servers = list();
    known = { servers, until: clock.now() + KEEP };
    servers.catch(() => (known = undefined));
    return servers;
  }

  return async (target, value, signal) => {
    const until = clock.now() + WITHIN;
    await Promise.all(
      (await replicas()).map(async (server) => {
        while (!(await serves(server, target, value, signal))) {
          if (clock.now() > until) throw notServed(server, target);
          await clock.sleep(LOOK_AGAIN, signal);
        }
      }),
    );
  };
}

/** The UDP ports of all endpoints that are ready. */
function serversIn(answer: unknown): NameServer[] {
  const { success, data } = slices.safeParse(answer);
  if (!success) return [];
  return data.items.flatMap(({ endpoints, ports }) => {
    const port = ports?.find(({ protocol }) => protocol === 'UDP')?.port;
    const ready = (endpoints ?? []).filter(({ conditions }) => conditions?.ready !== false);
    if (typeof port !== 'number') return [];
    return ready.flatMap(({ addresses }) => addresses.map((address) => ({ address, port })));
  });
}

/** True also for one that cannot be reached from here. */
async function serves(server: NameServer, name: DomainName, value: string, signal: AbortSignal): Promise<boolean> {
  try {
    const options = { signal, timeout: ANSWER_WITHIN, recursionDesired: false };
    const { answers } = await query({ name, type: 'TXT' }, server, options);
    return answers.some((record) => record.type === 'TXT' && txtValue(record) === value);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof DomainError) return true;
    throw error;
  }
}

function notServed({ address, port }: NameServer, target: DomainName): DomainError {
  return new DomainError(
    'answer-not-served',
    `the DNS server of the replica at ${address}:${port} does not serve the answer at ${target}: its view of the API server is behind; see its log`,
    { retry: { kind: 'backoff' } },
  );
}
