import type { Exchange } from '../acme/http.ts';
import type { ZoneConfig } from '../config/config.ts';
import type { Clock } from '../core/clock.ts';
import { messageOf } from '../core/error.ts';
import { createDelegationChecker } from '../dns01/delegation.ts';
import type { Listener } from '../dns/listener.ts';
import type { NameServer } from '../dns/query.ts';
import type { AcmeAccess } from '../kube/acme/acme-access.ts';
import { createAcmeSupport } from '../kube/acme/acme-support.ts';
import type { KubeClient } from '../kube/api/client.ts';
import type { ObjectKey } from '../kube/api/object.ts';
import type { Logger } from '../telemetry/logger.ts';
import { openKubeAcmeAccess } from './kube-acme-access.ts';
import { openKubeAnswers } from './kube-acme-answers.ts';
import { startKubeDns } from './kube-acme-dns.ts';
import { createReplicaCheck } from './kube-dns-replicas.ts';
import type { KubeInformers } from './kube-informers.ts';
import type { IssuerSupportFactory } from './kube-issuers.ts';
import { kubeLook } from './kube-look.ts';
import type { KubeLookOptions } from './kube-look.ts';

/** What the flags of `evercert kube controller` say about ACME. */
export interface KubeAcmeOptions extends KubeLookOptions {
  /** The challenge zone that this program serves itself; undefined: acme-dns servers of others answer. */
  readonly dns:
    | {
        readonly listeners: readonly Listener[];
        readonly zone: ZoneConfig;
        readonly workers: number;
        /** The Service in front of all replicas; undefined: this process is the only one. */
        readonly service: ObjectKey | undefined;
      }
    | undefined;
  readonly mostChallenges: number;
  /** For tests: what goes to CAs goes through it. */
  readonly wrapAccess?: (access: AcmeAccess) => AcmeAccess;
}

/** ACME in a cluster: the DNS server, which works whether this process leads or not, and the support of ACME issuers, which is used while it leads. */
export interface KubeAcme {
  readonly support: IssuerSupportFactory;
  /** Where DNS answers. */
  readonly dnsAddress: NameServer | undefined;
  stop(): Promise<void>;
}

/** @throws DomainError `port-in-use`, `port-forbidden`, `invalid-zone` */
export async function openKubeAcme(
  options: KubeAcmeOptions,
  world: {
    readonly client: KubeClient;
    readonly informers: KubeInformers;
    readonly clock: Clock;
    readonly logger: Logger;
    /** Told of every exchange with a CA. */
    readonly observe?: (exchange: Exchange) => void;
  },
): Promise<KubeAcme> {
  const { client, informers, clock, logger } = world;
  const { orders, challenges } = informers;
  const dns =
    options.dns &&
    (await startKubeDns({
      ...options.dns,
      challenges,
      clock,
      everywhere:
        options.dns.service === undefined ? async () => {} : createReplicaCheck(client, options.dns.service, clock),
      onFault: (error) => logger.error('DNS', { error: messageOf(error) }),
    }));
  // Our zone is asked here, whatever the world knows of it yet.
  const routes = new Map([...(dns === undefined ? [] : [[dns.zone, [dns.at]] as const]), ...options.routes]);
  const look = await kubeLook({ ...options, routes }, clock);
  const access = openKubeAcmeAccess({ clock, observe: world.observe });
  const closing: (() => Promise<void>)[] = [];
  return {
    dnsAddress: dns?.at,
    support(deps) {
      const openAnswers = openKubeAnswers({ deps, look, dns, clock });
      closing.push(() => openAnswers.close());
      return createAcmeSupport(deps, {
        orders,
        challenges,
        access: options.wrapAccess?.(access) ?? access,
        openAnswers,
        checker: createDelegationChecker(look),
        watchQuestions: dns?.watchQuestions,
        mostChallenges: options.mostChallenges,
        random: Math.random,
      });
    },
    async stop() {
      await Promise.all(closing.map((close) => close()));
      await access.close();
      await dns?.stop();
    },
  };
}
