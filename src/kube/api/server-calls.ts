import { z } from 'zod';
import { searchOf } from './api-call.ts';
import type { ApiCall } from './api-call.ts';
import type { KubeClient } from './client.ts';
import { isKubeError, KubeError } from './kube-error.ts';
import { groupPath } from './resource-path.ts';

const versionSchema = z.looseObject({ major: z.string(), minor: z.string(), gitVersion: z.string() });
const resourceListSchema = z.looseObject({ resources: z.array(z.looseObject({ name: z.string() })) });

/** What is about the server itself, and calls that are no objects. */
export function createServerCalls(call: ApiCall, server: string): Pick<KubeClient, 'raw' | 'hasResource' | 'version'> {
  return {
    raw({ method, path, query = {}, body, contentType = 'application/json' }, options) {
      const content =
        body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': contentType } };
      return call({ method, path: path + searchOf(query), ...content, what: `${method} ${path}` }, options);
    },
    async hasResource(resource, options) {
      const path = groupPath(resource);
      try {
        const answer = await call({ method: 'GET', path, what: `look at what ${path} has` }, options);
        const { data } = resourceListSchema.safeParse(answer);
        return data?.resources.some(({ name }) => name === resource.plural) ?? false;
      } catch (error) {
        if (isKubeError(error, 'kube-not-found')) return false;
        throw error;
      }
    },
    async version(options) {
      const answer = await call({ method: 'GET', path: '/version', what: 'ask its version' }, options);
      const { data } = versionSchema.safeParse(answer);
      if (data === undefined)
        throw new KubeError('kube-unavailable', `${server} does not say its version: is it an API server?`);
      const { major, minor, gitVersion } = data;
      // Some providers write "35+".
      return { major: Number.parseInt(major, 10), minor: Number.parseInt(minor, 10), gitVersion };
    },
  };
}
