import type { IssuerSetup } from './issuer-setup.ts';

/** A SelfSigned issuer needs nothing: it is Ready as soon as it is seen. */
export const setUpSelfSigned: IssuerSetup = async () => ({ ready: true, reason: 'IsReady', message: '' });
