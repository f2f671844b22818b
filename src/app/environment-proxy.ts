import { proxyOf } from '../core/proxy-of.ts';
import type { ProxyFor } from '../core/proxy-of.ts';

/** HTTPS_PROXY, HTTP_PROXY and NO_PROXY of this process: for CAs and for the acme-dns servers of others. */
export const environmentProxy: ProxyFor = (url) => proxyOf(url, process.env);
