import { z } from 'zod';
import type { Clock } from '../../core/clock.ts';
import type { CallOptions, KubeClient, ListQuery, PatchOptions, Selection, WriteOptions } from './client.ts';
import type { KubeConfig } from './kube-config.ts';
import { isKubeError, KubeError } from './kube-error.ts';
import { formatKey } from './object.ts';
import type { KubeObject, ObjectKey, ObjectMeta } from './object.ts';
import { pageOf, parseObject } from './page-of.ts';
import { createRateLimit } from './rate-limit.ts';
import { apiVersionOf } from './resource.ts';
import type { Resource } from './resource.ts';
import { collectionPath, groupPath, objectPath } from './resource-path.ts';
import { createTransport } from './transport.ts';
import type { HttpCall } from './transport.ts';
import { watchEvents } from './watch-events.ts';

export interface KubeClientOptions {
  readonly config: KubeConfig;
  readonly clock: Clock;
  /** Who we are in the server's audit log, and (up to the slash) the field manager of writes that name none. */
  readonly userAgent: string;
  /** Calls a second in the long run, and at once after a pause: `--kube-api-qps`, `--kube-api-burst`. */
  readonly qps?: number;
  readonly burst?: number;
  /** ms for one call that is no watch; default 30 s. */
  readonly timeout?: number;
}

/** What the server's own fairness (APF) can bear well; cert-manager has 20 and 50. */
export const DEFAULT_QPS = 20;
export const DEFAULT_BURST = 50;
const CALL_TIMEOUT = 30_000;
const PAGE_SIZE = 500;
/** The server ends a watch after this, s; spread, so that the watches of a fleet do not all begin anew at once. */
const WATCH_SECONDS = { least: 300, spread: 300 };
/** Bookmarks come each minute: with none for so long, ms, the connection is dead. */
const WATCH_IDLE = 180_000;

const versionSchema = z.looseObject({ major: z.string(), minor: z.string(), gitVersion: z.string() });
const resourceListSchema = z.looseObject({ resources: z.array(z.looseObject({ name: z.string() })) });

/** The client of one API server. Nothing is connected until the first call. */
export function createKubeClient(options: KubeClientOptions): KubeClient {
  const { config, clock, userAgent, qps = DEFAULT_QPS, burst = DEFAULT_BURST, timeout = CALL_TIMEOUT } = options;
  const transport = createTransport({ config, clock, userAgent, timeout });
  const rateLimit = createRateLimit({ qps, burst, clock });

  async function call(http: HttpCall, { signal, priority = 'waited' }: CallOptions): Promise<unknown> {
    await rateLimit.take(priority, signal);
    const text = await transport.send(http, signal);
    try {
      return JSON.parse(text);
    } catch (error) {
      throw new KubeError(
        'kube-unavailable',
        `${config.server} answered with something that is not JSON: is it an API server?`,
        {
          cause: error,
        },
      );
    }
  }

  async function write<T extends KubeObject>(
    resource: Resource<T>,
    http: Omit<HttpCall, 'what' | 'headers'> & { readonly verb: string; readonly key: string; readonly type?: string },
    callOptions: CallOptions,
  ): Promise<T> {
    const { verb, key, type = 'application/json', ...rest } = http;
    const headers = { 'content-type': type, ...acceptFor(resource, false) };
    return parseObject(resource, await call({ ...rest, headers, what: what(verb, resource, key) }, callOptions));
  }

  function put<T extends KubeObject>(
    resource: Resource<T>,
    object: { readonly metadata: Partial<ObjectMeta> },
    subresource: string | undefined,
    writeOptions: WriteOptions,
  ): Promise<T> {
    const key = keyIn(object.metadata);
    const path = objectPath(resource, key, subresource) + writeQuery(writeOptions);
    const verb = subresource === undefined ? 'update' : `update the ${subresource} of`;
    const body = JSON.stringify(named(resource, object));
    return write(resource, { method: 'PUT', path, body, verb, key: formatKey(key) }, writeOptions);
  }

  return {
    async get(resource, key, callOptions) {
      const path = objectPath(resource, key);
      const http = {
        method: 'GET',
        path,
        headers: acceptFor(resource, false),
        what: what('get', resource, formatKey(key)),
      } as const;
      try {
        return parseObject(resource, await call(http, callOptions));
      } catch (error) {
        if (isKubeError(error, 'kube-not-found') && error.isObject) return undefined;
        throw explainMissing(error, resource);
      }
    },
    async *list(resource, query, callOptions) {
      const { pageSize = PAGE_SIZE, resourceVersion } = query;
      let next = '';
      do {
        const path =
          collectionPath(resource, query.namespace) +
          search({
            ...selection(query),
            limit: String(pageSize),
            // A token says its own resource version.
            ...(next === '' ? { resourceVersion } : { continue: next }),
          });
        const http = {
          method: 'GET',
          path,
          headers: acceptFor(resource, true),
          what: what('list', resource, query.namespace),
        } as const;
        const answer = await call(http, { priority: 'background', ...callOptions }).catch((error: unknown) => {
          throw explainMissing(error, resource);
        });
        const read = pageOf(resource, answer);
        next = read.next;
        yield read.page;
      } while (next !== '');
    },
    async *watch(resource, query, { signal }) {
      const seconds = Math.round(WATCH_SECONDS.least + WATCH_SECONDS.spread * Math.random());
      const path =
        collectionPath(resource, query.namespace) +
        search({
          ...selection(query),
          watch: 'true',
          allowWatchBookmarks: 'true',
          resourceVersion: query.resourceVersion,
          timeoutSeconds: String(seconds),
        });
      const http = {
        method: 'GET',
        path,
        headers: acceptFor(resource, false),
        what: what('watch', resource, query.namespace),
      } as const;
      try {
        yield* watchEvents(resource, transport.stream(http, WATCH_IDLE, signal));
      } catch (error) {
        throw explainMissing(error, resource);
      }
    },
    create(resource, object, writeOptions) {
      const { namespace, name, generateName } = object.metadata;
      const path = collectionPath(resource, requireNamespace(resource, object.metadata)) + writeQuery(writeOptions);
      const body = JSON.stringify(named(resource, object));
      const key = formatKey({ namespace, name: name ?? generateName ?? '' });
      return write(resource, { method: 'POST', path, body, verb: 'create', key }, writeOptions);
    },
    update: (resource, object, writeOptions) => put(resource, object, undefined, writeOptions),
    updateStatus: (resource, object, writeOptions) => put(resource, object, 'status', writeOptions),
    patch(resource, key, patch, patchOptions) {
      const path = objectPath(resource, key, patchOptions.subresource) + writeQuery(patchOptions);
      const type = patch.type === 'merge' ? 'application/merge-patch+json' : 'application/json-patch+json';
      const body = JSON.stringify(patch.body);
      return write(resource, { method: 'PATCH', path, body, type, verb: 'patch', key: formatKey(key) }, patchOptions);
    },
    apply(resource, object, applyOptions) {
      const key = keyIn(object.metadata);
      const { managedFields: _, ...metadata } = object.metadata;
      const path =
        objectPath(resource, key, applyOptions.subresource) + writeQuery(applyOptions, applyOptions.force === true);
      const type = 'application/apply-patch+yaml';
      const body = JSON.stringify({ ...named(resource, object), metadata });
      return write(resource, { method: 'PATCH', path, body, type, verb: 'apply', key: formatKey(key) }, applyOptions);
    },
    async delete(resource, key, deleteOptions) {
      const { uid, resourceVersion, propagation = 'Background' } = deleteOptions;
      const preconditions = { uid, resourceVersion };
      const body = { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy: propagation, preconditions };
      const http = {
        method: 'DELETE',
        path: objectPath(resource, key),
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
        what: what('delete', resource, formatKey(key)),
      } as const;
      try {
        await call(http, deleteOptions);
        return true;
      } catch (error) {
        if (isKubeError(error, 'kube-not-found') && error.isObject) return false;
        throw error;
      }
    },
    raw({ method, path, query = {}, body, contentType = 'application/json' }, callOptions) {
      const content =
        body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': contentType } };
      return call({ method, path: path + search(query), ...content, what: `${method} ${path}` }, callOptions);
    },
    async hasResource(resource, callOptions) {
      const path = groupPath(resource);
      try {
        const answer = await call({ method: 'GET', path, what: `look at what ${path} has` }, callOptions);
        const { data } = resourceListSchema.safeParse(answer);
        return data?.resources.some(({ name }) => name === resource.plural) ?? false;
      } catch (error) {
        if (isKubeError(error, 'kube-not-found')) return false;
        throw error;
      }
    },
    async version(callOptions) {
      const answer = versionSchema.safeParse(
        await call({ method: 'GET', path: '/version', what: 'ask its version' }, callOptions),
      );
      if (!answer.success)
        throw new KubeError('kube-unavailable', `${config.server} does not say its version: is it an API server?`);
      const { major, minor, gitVersion } = answer.data;
      // Some providers write "35+".
      return { major: Number.parseInt(major, 10), minor: Number.parseInt(minor, 10), gitVersion };
    },
    close: () => transport.close(),
  };
}

function acceptFor(resource: Resource, isList: boolean): Record<string, string> {
  if (resource.metadataOnly !== true) return {};
  const kind = isList ? 'PartialObjectMetadataList' : 'PartialObjectMetadata';
  return { accept: `application/json;as=${kind};g=meta.k8s.io;v=v1` };
}

function what(verb: string, { plural, group }: Resource, key: string | undefined): string {
  return `${verb} ${group === '' ? plural : `${plural}.${group}`}${key === undefined || key === '' ? '' : ` ${key}`}`;
}

function named(resource: Resource, object: object): object {
  return { ...object, apiVersion: apiVersionOf(resource), kind: resource.kind };
}

function keyIn({ namespace, name = '' }: Partial<ObjectMeta>): ObjectKey {
  return { namespace, name };
}

function requireNamespace(
  resource: Resource,
  { namespace, name, generateName }: Partial<ObjectMeta>,
): string | undefined {
  if (resource.namespaced && (namespace ?? '') === '')
    throw new KubeError('kube-invalid', `${resource.kind} ${name ?? generateName ?? ''}: a namespace is needed`, {
      retry: { kind: 'never' },
    });
  return namespace;
}

function selection({ labelSelector, fieldSelector }: Selection | ListQuery): Record<string, string | undefined> {
  return { labelSelector, fieldSelector };
}

function writeQuery({ fieldManager, dryRun }: WriteOptions | PatchOptions, force = false): string {
  return search({
    fieldManager,
    dryRun: dryRun === true ? 'All' : undefined,
    force: force ? 'true' : undefined,
  });
}

function search(parameters: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(parameters).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
  return given.length === 0 ? '' : `?${new URLSearchParams(given).toString()}`;
}

/** A whole kind that is not there is mostly a CRD that is not installed. */
function explainMissing(error: unknown, resource: Resource): unknown {
  if (!isKubeError(error, 'kube-not-found') || error.isObject) return error;
  const name = `${resource.plural}.${resource.group}`;
  return new KubeError(
    'kube-not-found',
    `the API server does not have ${name} in version ${resource.version}: install its CRD`,
    {
      status: error.status,
      cause: error,
    },
  );
}
