import { DomainError } from '../core/error.ts';
import { quoted } from './field.ts';

/** `example.org=127.0.0.1:5301` texts as the table they stand for; a zone may come several times. @throws DomainError `invalid-config` */
export function routesOf(texts: readonly string[]): Record<string, string[]> {
  const routes: Record<string, string[]> = {};
  for (const text of texts) {
    const [, zone, server] = /^([^=\s]+)=(\S+)$/.exec(text) ?? [];
    if (zone === undefined || server === undefined) {
      throw new DomainError(
        'invalid-config',
        `${quoted(text)} is not a route; write it as in "example.org=127.0.0.1:5301"`,
      );
    }
    routes[zone] = [...(routes[zone] ?? []), server];
  }
  return routes;
}
