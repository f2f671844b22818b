import * as z from 'zod';
import type { Operation } from './call.ts';
import type { Route } from './api.ts';
import * as shapes from './shapes.ts';
import { errorAnswerOf, type ErrorCode } from './shapes.ts';

/** How a caller shows who it is; names of securitySchemes. Several: one of them is enough. */
type Security = 'account' | 'accountInBasic' | 'registrationToken' | 'bearerToken' | 'basic' | 'none';

interface Described {
  readonly summary: string;
  readonly request?: z.ZodType;
  /** Whether a call without a body is good as well. */
  readonly requestOptional?: boolean;
  readonly answers: Readonly<Record<number, z.ZodType>>;
  readonly errors: Readonly<Record<number, readonly ErrorCode[]>>;
  readonly security: readonly Security[];
}

const ALWAYS = { 413: ['body_too_large'], 500: ['internal_error'], 503: ['db_error', 'too_busy'] } as const;
const OWNER = { 401: ['forbidden'], 429: ['rate_limited'] } as const;
const STORAGE = { 400: ['bad_domain'], 401: ['forbidden'], 429: ['rate_limited'] } as const;

const OPERATIONS: Readonly<Record<Operation, Described>> = {
  register: {
    summary: 'Registers a new account.',
    request: shapes.registerRequest,
    requestOptional: true,
    answers: { 201: shapes.accountAnswer },
    errors: {
      400: ['malformed_json_payload', 'invalid_allowfrom_cidr'],
      401: ['registration_unauthorized'],
      403: ['registration_forbidden'],
      429: ['rate_limited'],
    },
    security: ['none', 'registrationToken', 'bearerToken', 'basic'],
  },
  update: {
    summary: 'Puts a TXT value at the name of the account. It is served when the answer comes.',
    request: shapes.updateRequest,
    answers: { 200: shapes.valueAnswer },
    errors: { ...OWNER, 400: ['bad_subdomain', 'bad_txt'] },
    security: ['account'],
  },
  clean: {
    summary: 'Takes one TXT value away. A value that is not there is no error.',
    request: shapes.updateRequest,
    answers: { 200: shapes.valueAnswer },
    errors: { ...OWNER, 400: ['bad_txt'] },
    security: ['account'],
  },
  change: {
    summary: 'Replaces the allow list of the account.',
    request: shapes.changeRequest,
    answers: { 200: shapes.accountAnswer },
    errors: { ...OWNER, 400: ['malformed_json_payload', 'invalid_allowfrom_cidr'] },
    security: ['account'],
  },
  rotate: {
    summary: 'Gives the account a new password. The old one is of no use from then on.',
    request: shapes.ownRequest,
    answers: { 200: shapes.accountAnswer },
    errors: OWNER,
    security: ['account'],
  },
  deregister: {
    summary: 'Removes the account, its name and its values.',
    request: shapes.ownRequest,
    answers: { 200: shapes.deregisterAnswer },
    errors: OWNER,
    security: ['account'],
  },
  present: {
    summary: "lego's httpreq: puts a TXT value at the name of the account.",
    request: shapes.httpreqRequest,
    answers: { 200: shapes.valueAnswer },
    errors: { ...OWNER, 400: ['malformed_json_payload', 'bad_txt', 'bad_subdomain'], 403: ['forbidden_name'] },
    security: ['accountInBasic'],
  },
  cleanup: {
    summary: "lego's httpreq: takes a TXT value away.",
    request: shapes.httpreqRequest,
    answers: { 200: shapes.valueAnswer },
    errors: { ...OWNER, 400: ['malformed_json_payload', 'bad_txt'], 403: ['forbidden_name'] },
    security: ['accountInBasic'],
  },
  'storage-list': {
    summary: "lego's HTTP storage: all accounts of the user, by domain.",
    answers: { 200: shapes.keptAccounts },
    errors: { 401: ['forbidden'], 429: ['rate_limited'] },
    security: ['basic'],
  },
  'storage-fetch': {
    summary: "lego's HTTP storage: the account of a domain.",
    answers: { 200: shapes.keptAccount },
    errors: { ...STORAGE, 404: ['not_found'] },
    security: ['basic'],
  },
  'storage-put': {
    summary: "lego's HTTP storage: keeps the account of a domain. 201 when its CNAME is there already, 200 when not.",
    request: shapes.keptAccount,
    answers: { 200: shapes.keptAccount, 201: shapes.keptAccount },
    errors: { ...STORAGE, 400: ['bad_domain', 'malformed_json_payload', 'bad_fulldomain'] },
    security: ['basic'],
  },
  'storage-delete': {
    summary: 'Forgets the account of a domain. The account itself stays.',
    answers: { 200: shapes.nothing },
    errors: { ...STORAGE, 404: ['not_found'] },
    security: ['basic'],
  },
};

const SECURITY_SCHEMES = {
  accountUser: { type: 'apiKey', in: 'header', name: 'X-Api-User', description: 'username of the account' },
  accountKey: { type: 'apiKey', in: 'header', name: 'X-Api-Key', description: 'password of the account' },
  accountInBasic: { type: 'http', scheme: 'basic', description: 'username and password of the account' },
  registrationToken: { type: 'apiKey', in: 'header', name: 'X-Api-Registration-Token' },
  bearerToken: { type: 'http', scheme: 'bearer', description: 'a registration token' },
  basic: { type: 'http', scheme: 'basic', description: 'a user of the configuration' },
} as const;

/** What is the same on every server. */
const FIXED_PATHS = {
  '/health': {
    get: {
      operationId: 'health',
      summary: 'Whether the server is there.',
      security: [],
      responses: { 200: { description: 'It is. There is no body.' } },
    },
  },
  '/openapi.json': {
    get: {
      operationId: 'openapi',
      summary: 'This document.',
      security: [],
      responses: {
        200: { description: 'OpenAPI 3.1.', content: { 'application/json': { schema: { type: 'object' } } } },
      },
    },
  },
};

/** The OpenAPI document of these routes. */
export function openApiDocument(routes: readonly Route[]): object {
  const paths: Record<string, Record<string, unknown>> = structuredClone(FIXED_PATHS);
  for (const [method, path, operation] of routes) {
    const written = path.replaceAll(/:([a-z]+)/g, '{$1}');
    paths[written] = { ...paths[written], [method.toLowerCase()]: describe(operation, written) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'evercert: the API of acme-dns, and more',
      version: '1',
      description: 'Errors are JSON with a code that does not change. The media type of a request is not looked at.',
    },
    paths,
    components: { securitySchemes: SECURITY_SCHEMES },
  };
}

function describe(operation: Operation, path: string): object {
  const { summary, request, requestOptional = false, answers, errors, security } = OPERATIONS[operation];
  const parameter = { name: 'domain', in: 'path', required: true, schema: { type: 'string' } };
  return {
    operationId: operation,
    summary,
    ...(path.includes('{domain}') && { parameters: [parameter] }),
    security: security.map(requirement),
    ...(request !== undefined && { requestBody: { required: !requestOptional, content: content(request, 'input') } }),
    responses: {
      ...responses(answers, summary),
      ...Object.fromEntries(
        Object.entries({ ...ALWAYS, ...errors }).map(([status, codes]) => [
          status,
          { description: codes.join(', '), content: content(errorAnswerOf(codes), 'output') },
        ]),
      ),
    },
  };
}

function responses(answers: Described['answers'], summary: string): object {
  return Object.fromEntries(
    Object.entries(answers).map(([status, schema]) => [
      status,
      { description: summary, content: content(schema, 'output') },
    ]),
  );
}

function content(schema: z.ZodType, io: 'input' | 'output'): object {
  const { $schema: _, ...json } = z.toJSONSchema(schema, { io });
  return { 'application/json': { schema: json } };
}

function requirement(security: Security): object {
  if (security === 'none') return {};
  return security === 'account' ? { accountUser: [], accountKey: [] } : { [security]: [] };
}
