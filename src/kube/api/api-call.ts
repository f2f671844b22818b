import type { Clock } from '../../core/clock.ts';
import type { CallOptions } from './client.ts';
import { isKubeError, KubeError } from './kube-error.ts';
import { createRateLimit } from './rate-limit.ts';
import type { RateLimitOptions } from './rate-limit.ts';
import type { Resource } from './resource.ts';
import type { HttpCall, Transport } from './transport.ts';

/** One call to the API server when it is its turn; returns the parsed JSON of the answer. */
export type ApiCall = (http: HttpCall, options: CallOptions) => Promise<unknown>;

export function createApiCall(
  transport: Transport,
  server: string,
  limit: Omit<RateLimitOptions, 'clock'> & { readonly clock: Clock },
): ApiCall {
  const rateLimit = createRateLimit(limit);
  return async (http, { signal, priority = 'waited' }) => {
    await rateLimit.take(priority, signal);
    const text = await transport.send(http, signal);
    try {
      return JSON.parse(text);
    } catch (error) {
      const message = `${server} answered with something that is not JSON: is it an API server?`;
      throw new KubeError('kube-unavailable', message, { cause: error });
    }
  };
}

/** What is tried, for sentences: `list secrets`, `apply certificates.cert-manager.io default/web`. */
export function whatIs(verb: string, { plural, group }: Resource, key: string | undefined): string {
  return `${verb} ${group === '' ? plural : `${plural}.${group}`}${key === undefined || key === '' ? '' : ` ${key}`}`;
}

export function acceptOf(resource: Resource, isList = false): Record<string, string> {
  if (resource.metadataOnly !== true) return {};
  const kind = isList ? 'PartialObjectMetadataList' : 'PartialObjectMetadata';
  return { accept: `application/json;as=${kind};g=meta.k8s.io;v=v1` };
}

/** `?name=value&...` of those that are given. */
export function searchOf(parameters: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(parameters).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
  return given.length === 0 ? '' : `?${new URLSearchParams(given).toString()}`;
}

/** A whole kind that is not there is mostly a CRD that is not installed. */
export function explainMissing(error: unknown, resource: Resource): unknown {
  if (!isKubeError(error, 'kube-not-found') || error.isObject) return error;
  const { plural, group, version } = resource;
  const what = `the API server does not have ${group === '' ? plural : `${plural}.${group}`} in version ${version}`;
  return new KubeError('kube-not-found', `${what}: ${remedy(group)}`, { status: error.status, cause: error });
}

function remedy(group: string): string {
  if (group === '') return 'is it one of Kubernetes?';
  return /(^|\.)cert-manager\.io$/.test(group)
    ? 'install it: evercert kube crds | kubectl apply --server-side -f -'
    : 'install its CRD';
}
