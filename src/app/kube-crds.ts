import { stringify } from 'yaml';
import { customResourceDefinition } from '../kube/schema/custom-resource.ts';
import { CUSTOM_RESOURCES } from '../kube/schema/custom-resources.ts';

const HEAD = '# Made by `evercert kube crds`. Change src/kube/schema/ in place of this.\n';

/** Every CustomResourceDefinition, as the manifest that `kubectl apply` takes. */
export function kubeCrds(): string {
  const documents = CUSTOM_RESOURCES.map((resource) =>
    stringify(customResourceDefinition(resource), { lineWidth: 0, aliasDuplicateObjects: false, singleQuote: true }),
  );
  return HEAD + documents.join('---\n');
}
