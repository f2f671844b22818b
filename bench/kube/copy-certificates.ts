import type { KubeClient } from '../../src/kube/api/client.ts';
import type { KubeObject } from '../../src/kube/api/object.ts';
import { SECRET_MANAGER } from '../../src/kube/secret/secret-names.ts';

/** Copies that are made at the same time. */
const AT_ONCE = 24;
const GROUP = '/apis/cert-manager.io/v1/namespaces/default';
const SECRETS = '/api/v1/namespaces/default/secrets';

type Whole = KubeObject & { readonly spec?: { readonly secretName?: string }; readonly status?: unknown };

/**
 * So many copies of a Certificate that is Ready, with its request and its Secret: all of one key and of the same names, and each is right in itself,
 * so that a controller finds nothing to do.
 */
export async function copyCertificates(client: KubeClient, name: string, count: number): Promise<void> {
  const call = async (method: 'GET' | 'POST' | 'PUT' | 'PATCH', path: string, body?: unknown): Promise<Whole> => {
    const apply = {
      query: { fieldManager: SECRET_MANAGER, force: 'true' },
      contentType: 'application/apply-patch+yaml',
    };
    const request = { method, path, ...(body !== undefined && { body }), ...(method === 'PATCH' && apply) };
    return (await client.raw(request, { signal: AbortSignal.timeout(60_000) })) as Whole;
  };
  const certificate = await call('GET', `${GROUP}/certificates/${name}`);
  const request = await call('GET', `${GROUP}/certificaterequests/${name}-1`);
  const secret = await call('GET', `${SECRETS}/${name}-tls`);

  const renamed = (object: Whole, to: string): Whole => {
    const {
      uid: _,
      resourceVersion: _version,
      managedFields: _fields,
      creationTimestamp: _made,
      ...metadata
    } = object.metadata;
    return JSON.parse(
      JSON.stringify({ ...object, metadata })
        .replaceAll(`"${name}"`, `"${to}"`)
        .replaceAll(`"${name}-tls"`, `"${to}-tls"`)
        .replaceAll(`"${name}-1"`, `"${to}-1"`),
    ) as Whole;
  };
  const withStatus = async (path: string, draft: Whole): Promise<Whole> => {
    const made = await call('POST', path, draft);
    return call('PUT', `${path}/${draft.metadata.name}/status`, { ...made, status: draft.status });
  };
  let next = 0;
  const copySome = async (): Promise<void> => {
    while (next < count) {
      const to = `c${next++}`;
      const { metadata, ...rest } = renamed(secret, to);
      await call('PATCH', `${SECRETS}/${to}-tls`, { ...rest, metadata });
      const { metadata: owner } = await withStatus(`${GROUP}/certificates`, renamed(certificate, to));
      const draft = renamed(request, to);
      const ownerReferences = draft.metadata.ownerReferences?.map((reference) => ({ ...reference, uid: owner.uid }));
      await withStatus(`${GROUP}/certificaterequests`, {
        ...draft,
        metadata: { ...draft.metadata, ownerReferences },
      } as Whole);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, copySome));
}
