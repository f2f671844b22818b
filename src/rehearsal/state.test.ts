import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCertificateName, parseDomainName } from '../core/domain-name.ts';
import { createState, forgetOldOrders } from './state.ts';
import type { Account, Authorization, Challenge, IssuedRecord, Order } from './state.ts';

test('the oldest orders are forgotten with all that belongs to them, the newest are kept', () => {
  const state = createState();
  const account: Account = { id: 'a', key: undefined as never, status: 'valid', contact: [], orders: [] };
  for (let number = 0; number < 5; number++) {
    const id = `n${number}`;
    const challenge: Challenge = { id, type: 'dns-01', token: id, status: 'pending' };
    const authorization: Authorization = {
      id,
      account,
      name: parseDomainName('example.org'),
      wildcard: false,
      challenges: [challenge],
      status: 'valid',
      expires: 0,
    };
    const certificate: IssuedRecord = {
      id,
      account,
      names: [],
      leaf: '',
      der: new Uint8Array(),
      notBefore: 0,
      notAfter: 0,
    };
    const order: Order = {
      id,
      account,
      names: [parseCertificateName('example.org')],
      authorizations: [authorization],
      certificate,
      profile: undefined,
      replaces: undefined,
      expires: 0,
      status: 'valid',
    };
    state.orders.set(id, order);
    state.authorizations.set(id, authorization);
    state.challenges.set(id, { challenge, authorization });
    state.certificates.set(id, certificate);
    account.orders.push(id);
  }
  forgetOldOrders(state, 2);
  for (const left of [state.orders, state.authorizations, state.challenges, state.certificates]) {
    assert.deepEqual([...left.keys()], ['n3', 'n4']);
  }
  assert.deepEqual(account.orders, ['n3', 'n4']);
});
