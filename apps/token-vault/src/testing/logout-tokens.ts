import { randomToken } from '@gatehouse/kernel/ids';
import type { StubProvider } from './stub-provider.js';

export const LOGOUT_EVENT = 'http://schemas.openid.net/event/backchannel-logout';

/** Seconds from now. */
export const seconds = (from: number): number => Math.floor(Date.now() / 1_000) + from;

/** Claims of a good logout token for the client `gatehouse`; those that are given as `undefined` are left out. */
export const logoutClaims = (more: Readonly<Record<string, unknown>>): Record<string, unknown> => ({
  jti: randomToken(),
  events: { [LOGOUT_EVENT]: {} },
  ...more,
});

/** What this provider would post. */
export const logoutTokenOf = async (
  stub: Pick<StubProvider, 'signed'>,
  more: Readonly<Record<string, unknown>>,
  typ = 'logout+jwt',
): Promise<string> => await stub.signed(logoutClaims(more), typ);
