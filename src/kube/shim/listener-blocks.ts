import type { GatewayListener } from '../api/gateway.ts';
import { IGNORED_LISTENERS } from './annotation-names.ts';
import type { Annotations } from './annotation-names.ts';
import type { TlsBlock } from './shim-request.ts';

export interface ListenerBlocks {
  readonly blocks: readonly TlsBlock[];
  readonly named: ReadonlySet<string>;
  readonly faults: readonly string[];
}

export interface ListenerOptions {
  /** Of the Gateway or ListenerSet. */
  readonly namespace: string;
  readonly annotations: Annotations;
  readonly extraProtocols: readonly string[];
}

const PROTOCOLS = ['HTTPS', 'TLS'];

/** One block for each Secret that listeners name; several listeners may share one. */
export function listenerBlocks(listeners: readonly GatewayListener[], options: ListenerOptions): ListenerBlocks {
  const protocols = new Set([...PROTOCOLS, ...options.extraProtocols]);
  const ignored = new Set((options.annotations[IGNORED_LISTENERS] ?? '').split(',').map((name) => name.trim()));
  const hosts = new Map<string, Set<string>>();
  const named = new Set<string>();
  const faults: string[] = [];
  for (const listener of listeners) {
    const secrets = listener.tls?.certificateRefs ?? [];
    for (const { name } of secrets) named.add(name);
    if (!protocols.has(listener.protocol) || ignored.has(listener.name)) continue;
    // Whoever is behind the Gateway has the certificate.
    if (listener.tls?.mode === 'Passthrough') continue;
    const fault = faultOf(listener, options.namespace);
    if (fault !== undefined) {
      faults.push(`Skipped the listener ${listener.name}: ${fault}`);
      continue;
    }
    for (const { name } of secrets) hosts.set(name, (hosts.get(name) ?? new Set()).add(listener.hostname ?? ''));
  }
  const blocks = [...hosts].map(([secretName, names]) => ({ secretName, hosts: [...names] }));
  return { blocks, named, faults };
}

function faultOf({ hostname = '', tls }: GatewayListener, namespace: string): string | undefined {
  if (hostname === '') return 'it has no hostname, so no name for a certificate';
  if (tls === undefined) return 'it has no tls: name a Secret in tls.certificateRefs';
  if (tls.mode !== undefined && tls.mode !== 'Terminate')
    return `its tls.mode is ${tls.mode}: only Terminate needs a certificate`;
  const references = tls.certificateRefs ?? [];
  if (references.length === 0) return 'it has no tls.certificateRefs: name a Secret there';
  for (const { group = '', kind = 'Secret', name, namespace: elsewhere = namespace } of references) {
    if ((group !== '' && group !== 'core') || (kind !== 'Secret' && kind !== '')) {
      return `${name} in its tls.certificateRefs is a ${kind}: only a Secret can be filled`;
    }
    if (elsewhere !== namespace) {
      return `the Secret ${name} in its tls.certificateRefs is in the namespace ${elsewhere}: certificates are made in the namespace ${namespace} only`;
    }
  }
  return undefined;
}
