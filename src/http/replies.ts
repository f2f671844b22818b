import type { Answer } from './call.ts';
import type { Cors } from './cors.ts';

/** How answers look on the wire: as those of acme-dns, header for header. */
export interface Replies {
  json(request: Request, answer: Pick<Answer, 'status' | 'body' | 'headers'>): Response;
  /** Go's http.Error. */
  text(request: Request, status: number, body: string, more?: Readonly<Record<string, string>>): Response;
  empty(request: Request, more?: Readonly<Record<string, string>>): Response;
}

export function createReplies(cors: Cors): Replies {
  return {
    json: (request, { status, body, headers }) =>
      new Response(body, {
        status,
        headers: { ...cors.headers(request), ...headers, 'content-type': 'application/json' },
      }),
    text: (request, status, body, more) =>
      new Response(body, {
        status,
        headers: {
          ...cors.headers(request),
          ...more,
          'content-type': 'text/plain; charset=utf-8',
          // Said here since HEAD loses the body on its way out, and not its length.
          'content-length': String(body.length),
          'x-content-type-options': 'nosniff',
        },
      }),
    empty: (request, more) =>
      new Response(null, { status: 200, headers: { ...cors.headers(request), ...more, 'content-length': '0' } }),
  };
}
