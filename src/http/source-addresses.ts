/** What a handler may know about where a request came from; @hono/node-server passes the real request in. */
export interface HttpEnv {
  readonly incoming?: { readonly socket: { readonly remoteAddress?: string | undefined } };
}

/** The addresses that a request may have come from, for allow lists; one that is allowed is enough. */
export type SourceAddresses = (headers: Headers, env: HttpEnv | undefined) => readonly string[];

/** The other end of the connection: right wherever no proxy stands in front. */
export const peerAddress: SourceAddresses = (_headers, env) => {
  const address = env?.incoming?.socket.remoteAddress;
  return address === undefined ? [] : [address];
};

/**
 * What acme-dns does with use_header: every address that the header names counts. Only for a proxy that replaces the header;
 * behind one that appends, a client writes the first address itself.
 */
export function headerAddresses(name: string): SourceAddresses {
  return (headers) =>
    (headers.get(name) ?? '')
      .split(',')
      .map((address) => address.trim())
      .filter((address) => address !== '');
}
