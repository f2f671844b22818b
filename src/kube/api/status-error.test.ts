import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { statusError } from './status-error.ts';

interface Row {
  readonly what: string;
  readonly status: number;
  readonly body: unknown;
  readonly code: string;
  readonly message: string;
  readonly retry?: string;
}

const of = (reason: string, message: string, details: object = {}): object => ({
  kind: 'Status',
  status: 'Failure',
  reason,
  message,
  details,
});

const rows: readonly Row[] = [
  {
    what: 'a conflict',
    status: 409,
    body: of('Conflict', 'the object has been modified'),
    code: 'kube-conflict',
    message: 'update x: the object has been modified',
  },
  {
    what: 'a conflict of field managers',
    status: 409,
    body: of('Conflict', 'Apply failed with 1 conflict: conflict with "kubectl": .data.a', {
      causes: [{ reason: 'FieldManagerConflict', message: 'conflict with "kubectl"', field: '.data.a' }],
    }),
    code: 'kube-conflict',
    message: 'update x: Apply failed with 1 conflict: conflict with "kubectl": .data.a',
  },
  {
    what: 'a name that is there',
    status: 409,
    body: of('AlreadyExists', 'x already exists'),
    code: 'kube-exists',
    message: 'update x: x already exists',
  },
  {
    what: 'RBAC',
    status: 403,
    body: of('Forbidden', 'x is forbidden: User "u" cannot update resource "x"'),
    code: 'kube-forbidden',
    message:
      'the API server does not allow us to update x: x is forbidden: User "u" cannot update resource "x"; give that user a Role or ClusterRole that allows it',
  },
  {
    what: 'a namespace that ends',
    status: 403,
    body: of('Forbidden', 'namespace is being terminated', {
      causes: [
        { reason: 'NamespaceTerminating', message: 'namespace n is being terminated', field: 'metadata.namespace' },
      ],
    }),
    code: 'kube-forbidden',
    message:
      'the API server does not let us update x: namespace is being terminated (metadata.namespace: namespace n is being terminated)',
  },
  {
    what: 'nobody',
    status: 401,
    body: of('Unauthorized', 'Unauthorized'),
    code: 'kube-forbidden',
    message:
      'the API server does not know us when we update x: Unauthorized; check the token or the client certificate',
  },
  {
    what: 'several faults of one object',
    status: 422,
    body: of('Invalid', 'x is invalid: [spec.a: Required value, spec.b: Too long]', {
      causes: [
        { field: 'spec.a', message: 'Required value' },
        { field: 'spec.b', message: 'Too long' },
      ],
    }),
    code: 'kube-invalid',
    message:
      'the API server does not accept it when we update x: x is invalid: [spec.a: Required value, spec.b: Too long]',
    retry: 'never',
  },
  {
    what: 'causes that the message leaves out',
    status: 400,
    body: of('BadRequest', 'no', { causes: [{ field: 'spec.a', message: 'wrong' }] }),
    code: 'kube-invalid',
    message: 'the API server does not accept it when we update x: no (spec.a: wrong)',
    retry: 'never',
  },
  {
    what: 'too many requests',
    status: 429,
    body: 'Too many requests, please try again later.\n',
    code: 'kube-unavailable',
    message:
      'the API server cannot update x at the moment: it answered 429: Too many requests, please try again later.',
  },
  {
    what: 'a server in trouble',
    status: 500,
    body: of('InternalError', 'etcdserver: leader changed'),
    code: 'kube-unavailable',
    message: 'the API server cannot update x at the moment: etcdserver: leader changed',
  },
  {
    what: 'what a proxy says',
    status: 502,
    body: '<html>Bad Gateway</html>',
    code: 'kube-unavailable',
    message: 'the API server cannot update x at the moment: it answered 502',
  },
  {
    what: 'a version that is forgotten',
    status: 410,
    body: of('Expired', 'too old resource version'),
    code: 'kube-gone',
    message: 'update x: too old resource version',
  },
  {
    what: 'text that would disturb a terminal',
    status: 400,
    body: of('BadRequest', 'a\nb\u001b[31mc'),
    code: 'kube-invalid',
    message: 'the API server does not accept it when we update x: a b [31mc',
    retry: 'never',
  },
];

describe('statusError', () => {
  for (const { what, status, body, code, message, retry = 'backoff' } of rows) {
    test(what, () => {
      const error = statusError({
        status,
        body: typeof body === 'string' ? body : JSON.stringify(body),
        what: 'update x',
      });
      assert.deepEqual([error.code, error.message, error.retry.kind, error.status], [code, message, retry, status]);
    });
  }

  test('a missing object is told from a missing kind; Retry-After is kept; a long message is cut', () => {
    const missing = (body: unknown): boolean =>
      statusError({ status: 404, body: JSON.stringify(body), what: 'get x' }).isObject;
    assert.equal(missing(of('NotFound', 'x not found', { name: 'x', kind: 'secrets' })), true);
    assert.equal(missing(of('NotFound', 'the server could not find the requested resource')), false);
    assert.equal(missing('404 page not found'), false);
    assert.deepEqual(statusError({ status: 503, body: '', what: 'get x', retryAt: 5 }).retry, { kind: 'after', at: 5 });
    assert.ok(
      statusError({ status: 500, body: JSON.stringify(of('x', 'y'.repeat(9999))), what: 'get x' }).message.length <
        2100,
    );
    assert.deepEqual(
      statusError({
        status: 409,
        body: JSON.stringify(
          of('Conflict', 'm', { causes: [{ reason: 'FieldManagerConflict', message: 'c', field: '.a' }] }),
        ),
        what: 'x',
      }).causes,
      [{ type: 'FieldManagerConflict', field: '.a', message: 'c' }],
    );
  });
});
