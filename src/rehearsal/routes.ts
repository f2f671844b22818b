import { newAccount, updateAccount } from './accounts.ts';
import { updateAuthorization } from './authorizations.ts';
import { getAlternate, getCertificate } from './certificates.ts';
import { updateChallenge } from './challenges.ts';
import type { CaContext } from './context.ts';
import { getDirectory, newNonce } from './directory.ts';
import type { AccountRequest, Answer, KeyRequest, OpenRequest } from './exchange.ts';
import type { RequestKind } from './faults.ts';
import { finalizeOrder } from './finalize.ts';
import { changeKey } from './key-change.ts';
import { getOrder, listOrders, newOrder } from './orders.ts';
import { getRenewalInfo } from './renewal-info.ts';
import { revokeCertificate } from './revocation.ts';

type Handler<Request> = (ca: CaContext, request: Request) => Answer | Promise<Answer>;

/** One resource of the CA: where it is, who may ask, who answers. */
export type Route = { readonly kind: RequestKind; readonly path: RegExp } & (
  | { readonly access: 'open'; readonly methods: readonly string[]; readonly handle: Handler<OpenRequest> }
  | { readonly access: 'account'; readonly handle: Handler<AccountRequest> }
  | { readonly access: 'key'; readonly handle: Handler<KeyRequest> }
  | { readonly access: 'either'; readonly handle: Handler<AccountRequest | KeyRequest> }
);

export const ROUTES: readonly Route[] = [
  { kind: 'directory', path: /^\/directory$/, access: 'open', methods: ['GET', 'HEAD'], handle: getDirectory },
  { kind: 'newNonce', path: /^\/new-nonce$/, access: 'open', methods: ['GET', 'HEAD'], handle: newNonce },
  {
    kind: 'renewalInfo',
    path: /^\/renewal-info\/([\w.-]+)$/,
    access: 'open',
    methods: ['GET', 'HEAD'],
    handle: getRenewalInfo,
  },
  { kind: 'newAccount', path: /^\/new-account$/, access: 'key', handle: newAccount },
  { kind: 'account', path: /^\/account\/([\w-]+)$/, access: 'account', handle: updateAccount },
  { kind: 'orders', path: /^\/account\/([\w-]+)\/orders$/, access: 'account', handle: listOrders },
  { kind: 'keyChange', path: /^\/key-change$/, access: 'account', handle: changeKey },
  { kind: 'newOrder', path: /^\/new-order$/, access: 'account', handle: newOrder },
  { kind: 'order', path: /^\/order\/([\w-]+)$/, access: 'account', handle: getOrder },
  { kind: 'finalize', path: /^\/order\/([\w-]+)\/finalize$/, access: 'account', handle: finalizeOrder },
  { kind: 'authorization', path: /^\/authorization\/([\w-]+)$/, access: 'account', handle: updateAuthorization },
  { kind: 'challenge', path: /^\/challenge\/([\w-]+)$/, access: 'account', handle: updateChallenge },
  { kind: 'certificate', path: /^\/certificate\/([\w.-]+)$/, access: 'account', handle: getCertificate },
  { kind: 'certificate', path: /^\/certificate\/([\w.-]+)\/alternate$/, access: 'account', handle: getAlternate },
  { kind: 'revokeCert', path: /^\/revoke-cert$/, access: 'either', handle: revokeCertificate },
];
