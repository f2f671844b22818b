import { KubeError } from './kube-error.ts';
import type { ObjectKey } from './object.ts';
import type { Resource } from './resource.ts';

type Place = Pick<Resource, 'group' | 'version' | 'plural' | 'namespaced'>;

/** `/apis/cert-manager.io/v1/namespaces/default/certificates`, of one namespace or of all. */
export function collectionPath(resource: Place, namespace: string | undefined): string {
  const { plural, namespaced } = resource;
  const where = namespaced && namespace !== undefined && namespace !== '' ? `/namespaces/${part(namespace)}` : '';
  return `${groupPath(resource)}${where}/${plural}`;
}

/** The path of one object. A name is demanded: the path without it is that of all objects, and what is deleted there is all of them. */
export function objectPath(resource: Place, key: ObjectKey, subresource?: string): string {
  if (resource.namespaced && (key.namespace ?? '') === '')
    throw new KubeError('kube-invalid', `${resource.plural} ${key.name}: a namespace is needed`, {
      retry: { kind: 'never' },
    });
  const below = subresource === undefined ? '' : `/${subresource}`;
  return `${collectionPath(resource, key.namespace)}/${part(key.name)}${below}`;
}

export function groupPath({ group, version }: Pick<Resource, 'group' | 'version'>): string {
  return group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
}

function part(name: string): string {
  if (name === '' || name === '.' || name === '..' || /[/%]/.test(name))
    throw new KubeError('kube-invalid', `"${name}" is no name of a Kubernetes object`, { retry: { kind: 'never' } });
  return encodeURIComponent(name);
}
