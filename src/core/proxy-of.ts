import { BlockList, isIP } from 'node:net';

/**
 * The proxy that the environment names for a URL, by the rules of Go's programs, kubectl and cert-manager among them: HTTPS_PROXY or
 * HTTP_PROXY (or in lower case), and NO_PROXY with names, addresses, networks and `*`. Never for this machine itself.
 */
export function proxyOf(url: URL, environment: NodeJS.ProcessEnv): string | undefined {
  const proxy = variable(environment, url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY');
  if (proxy === undefined || isExempt(url, variable(environment, 'NO_PROXY') ?? '')) return undefined;
  return proxy.includes('://') ? proxy : `http://${proxy}`;
}

/** The proxy for a URL, if there is one: proxyOf for an environment. */
export type ProxyFor = (url: URL) => string | undefined;

/** The URL of a proxy that we can speak to, or undefined. */
export function parseProxy(text: string): URL | undefined {
  // With socks5 the proxy looks up names here as well, so both are the same.
  const url = URL.parse(text.replace(/^socks5h:/i, 'socks5:'));
  return url !== null && ['http:', 'https:', 'socks5:'].includes(url.protocol) && url.hostname !== '' ? url : undefined;
}

function variable(environment: NodeJS.ProcessEnv, name: string): string | undefined {
  return [environment[name], environment[name.toLowerCase()]].find((value) => value !== undefined && value !== '');
}

function isExempt(url: URL, noProxy: string): boolean {
  const host = url.hostname.toLowerCase().replaceAll(/^\[|\]$|\.$/g, '');
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
  if (host === 'localhost' || (isIP(host) !== 0 && contains(['127.0.0.0/8', '::1/128'], host))) return true;
  return noProxy
    .split(/[,\s]/)
    .map((entry) => entry.toLowerCase())
    .some((entry) => entry !== '' && covers(entry, host, port));
}

/** One entry of NO_PROXY. */
function covers(entry: string, host: string, port: string): boolean {
  if (entry === '*') return true;
  if (entry.includes('/')) return isIP(host) !== 0 && contains([entry], host);
  const parts = /^(?:\[(?<v6>[^\]]*)\]|(?<name>[^:]*))(?::(?<port>\d+))?$/.exec(entry)?.groups;
  if (parts?.['port'] !== undefined && parts['port'] !== port) return false;
  const name = (parts?.['v6'] ?? parts?.['name'] ?? entry).replace(/^\*\./, '.').replace(/(?<=.)\.$/, '');
  if (isIP(name) !== 0) return isIP(host) !== 0 && contains([`${name}/${isIP(name) === 4 ? 32 : 128}`], host);
  if (name.startsWith('.')) return name !== '.' && host.endsWith(name);
  return name !== '' && (host === name || host.endsWith(`.${name}`));
}

/** Whether an address is in one of these networks (`10.0.0.0/8`); what is none has no addresses. */
function contains(networks: readonly string[], address: string): boolean {
  const list = new BlockList();
  for (const network of networks) {
    const [base = '', length = ''] = network.split('/');
    const family = isIP(base);
    if (family === 0 || !/^\d{1,3}$/.test(length) || Number(length) > (family === 4 ? 32 : 128)) continue;
    list.addSubnet(base, Number(length), family === 4 ? 'ipv4' : 'ipv6');
  }
  return list.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6');
}
