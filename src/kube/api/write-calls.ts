import { acceptOf, searchOf, whatIs } from './api-call.ts';
import type { ApiCall } from './api-call.ts';
import type { CallOptions, KubeClient, WriteOptions } from './client.ts';
import { isKubeError, KubeError } from './kube-error.ts';
import { formatKey } from './object.ts';
import type { KubeObject, ObjectKey, ObjectMeta } from './object.ts';
import { parseObject } from './page-of.ts';
import { apiVersionOf } from './resource.ts';
import type { Resource } from './resource.ts';
import { collectionPath, objectPath } from './resource-path.ts';
import type { HttpCall } from './transport.ts';

type Writes = 'create' | 'update' | 'updateStatus' | 'patch' | 'apply' | 'delete';

interface Write extends Pick<HttpCall, 'method' | 'path'> {
  readonly verb: string;
  readonly key: ObjectKey;
  readonly body: unknown;
  readonly type?: string;
}

interface Unwritten {
  readonly metadata: Partial<ObjectMeta>;
}

export function createWriteCalls(call: ApiCall): Pick<KubeClient, Writes> {
  async function write<T extends KubeObject>(resource: Resource<T>, one: Write, options: CallOptions): Promise<T> {
    const { method, path, verb, key, body, type = 'application/json' } = one;
    const headers = { 'content-type': type, ...acceptOf(resource) };
    const what = whatIs(verb, resource, formatKey(key));
    return parseObject(resource, await call({ method, path, headers, body: JSON.stringify(body), what }, options));
  }

  function put<T extends KubeObject>(
    resource: Resource<T>,
    object: Unwritten,
    subresource: string | undefined,
    options: WriteOptions,
  ): Promise<T> {
    const key = keyIn(object);
    const path = objectPath(resource, key, subresource) + queryOf(options);
    const verb = subresource === undefined ? 'update' : `update the ${subresource} of`;
    return write(resource, { method: 'PUT', path, verb, key, body: named(resource, object) }, options);
  }

  return {
    create(resource, object, options) {
      const { namespace, generateName = '', name = generateName } = object.metadata;
      if (resource.namespaced && (namespace ?? '') === '')
        throw new KubeError('kube-invalid', `${resource.kind} ${name}: a namespace is needed`, {
          retry: { kind: 'never' },
        });
      const path = collectionPath(resource, namespace) + queryOf(options);
      const body = named(resource, object);
      return write(resource, { method: 'POST', path, verb: 'create', key: { namespace, name }, body }, options);
    },
    update: (resource, object, options) => put(resource, object, undefined, options),
    updateStatus: (resource, object, options) => put(resource, object, 'status', options),
    patch(resource, key, { type, body }, options) {
      const path = objectPath(resource, key, options.subresource) + queryOf(options);
      const patch = {
        method: 'PATCH',
        path,
        verb: 'patch',
        key,
        body,
        type: `application/${type}-patch+json`,
      } as const;
      return write(resource, patch, options);
    },
    apply(resource, object, options) {
      const key = keyIn(object);
      // The server refuses an apply that says who owns what.
      const { managedFields: _, ...metadata } = object.metadata;
      const path = objectPath(resource, key, options.subresource) + queryOf(options, options.force);
      const body = { ...named(resource, object), metadata };
      const type = 'application/apply-patch+yaml';
      return write(resource, { method: 'PATCH', path, verb: 'apply', key, body, type }, options);
    },
    async delete(resource, key, options) {
      const { uid, resourceVersion, propagation: propagationPolicy = 'Background' } = options;
      const preconditions = { uid, resourceVersion };
      const http: HttpCall = {
        method: 'DELETE',
        path: objectPath(resource, key),
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy, preconditions }),
        what: whatIs('delete', resource, formatKey(key)),
      };
      try {
        await call(http, options);
        return true;
      } catch (error) {
        if (isKubeError(error, 'kube-not-found') && error.isObject) return false;
        throw error;
      }
    },
  };
}

function named(resource: Resource, object: Unwritten): Unwritten & { readonly kind: string } {
  return { ...object, apiVersion: apiVersionOf(resource), kind: resource.kind } as Unwritten & { kind: string };
}

function keyIn({ metadata: { namespace, name = '' } }: Unwritten): ObjectKey {
  return { namespace, name };
}

function queryOf({ fieldManager, dryRun }: WriteOptions, force = false): string {
  return searchOf({ fieldManager, dryRun: dryRun === true ? 'All' : undefined, force: force ? 'true' : undefined });
}
