import { DAY_MS, SECOND_MS } from '@gatehouse/kernel/durations';
import { isStorableText } from '@gatehouse/kernel/storable-text';
import { decodeJwt } from 'jose';
import { z } from 'zod';
import { issuedTo, type IssuedTo } from '../backend-oauth/issued-to.js';
import { normalAnswer } from './normal-answer.js';

/** A token endpoint's successful answer as it came. It is kept, sealed, before anything in it is believed. */
export const tokenAnswer = z.strictObject({
  body: z.string(),
  receivedAtMs: z.number(),
  /** Of a backend's own OAuth alone. */
  issuedTo: issuedTo.optional(),
});
export type TokenAnswer = z.output<typeof tokenAnswer>;

/** The tokens of a connection, as they are sealed. */
export const tokenSet = z.strictObject({
  accessToken: z.string().min(1),
  refreshToken: z.string().min(1).optional(),
  idToken: z.string().min(1).optional(),
  /** As in the answer. */
  issuedTo: issuedTo.optional(),
});
export type TokenSet = z.output<typeof tokenSet>;

/** Tokens from an answer that was validated. */
export interface AcceptedTokens {
  readonly tokens: TokenSet;
  readonly scopes: readonly string[];
  readonly obtainedAtMs: number;
  /** Absent: the provider gave none. The token is used until a backend refuses it. */
  readonly expiresAtMs?: number;
}

/** Reads a body without believing it; `undefined` when it is no JSON object. */
export function peek(
  body: string,
): { access_token?: string; refresh_token?: string; error?: string } | undefined {
  const answer = normalAnswer(body);
  if (answer === undefined) return undefined;
  return Object.fromEntries(
    ['access_token', 'refresh_token', 'error'].flatMap((name) => {
      const value = answer[name];
      return typeof value === 'string' ? [[name, value] as const] : [];
    }),
  );
}

/** Whether the body holds a token, wherever. It would be lost if the body were not kept. */
export const carriesTokens = (body: string): boolean => tokensWithin(normalAnswer(body)).length > 0;

/** A token that ends a grant. It is given back to the party that issued it. */
export interface RevocableToken {
  readonly token: string;
  readonly issuedTo?: IssuedTo | undefined;
}

/** What to hand to the provider for revocation: the refresh token ends the grant, else the access token (RFC 7009 section 2.1). */
export const revocableOf = ({ refreshToken, accessToken, issuedTo: to }: TokenSet): RevocableToken => ({
  token: refreshToken ?? accessToken,
  issuedTo: to,
});

/** The same, of an answer that was not validated. A token that is not where it belongs is given back, too. */
export function revocable({ body, issuedTo: to }: TokenAnswer): RevocableToken | undefined {
  const peeked = peek(body);
  const token = peeked?.refresh_token ?? peeked?.access_token ?? tokensWithin(normalAnswer(body))[0];
  return token === undefined ? undefined : { token, issuedTo: to };
}

const MAX_DEPTH = 4;

/** Tokens of an answer and of what lies in it (Slack's `authed_user`), refresh tokens first. */
function tokensWithin(value: unknown, depth = 0): readonly string[] {
  if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return [];
  const entries = Object.entries(value);
  const named = ['refresh_token', 'access_token'].flatMap((name) =>
    entries.flatMap(([member, token]) =>
      member === name && typeof token === 'string' && token !== '' ? [token] : [],
    ),
  );
  return [...named, ...entries.flatMap(([, inner]) => tokensWithin(inner, depth + 1))];
}

interface TokenResponse {
  readonly access_token: string;
  readonly refresh_token?: string;
  readonly id_token?: string;
  readonly scope?: string;
  readonly expires_in?: number;
}

/** Longer than any token lives. Some providers say "for ever" with a number that is too large for a date. */
const MAX_LIFETIME_MS = 3_650 * DAY_MS;

/** @param expiresIn seconds, as a provider wrote it */
export const expiryAfter = (receivedAtMs: number, expiresIn: number): number =>
  receivedAtMs + Math.min(expiresIn * SECOND_MS, MAX_LIFETIME_MS);

/**
 * When a token without a lifetime ends: a JWT says so itself (RFC 9068 section 2.2). What it says is not proven. It decides
 * only when the token is renewed.
 * @returns milliseconds since the epoch; `undefined` when the token says nothing that is still ahead.
 */
export function ownExpiryOf(accessToken: string, nowMs: number): number | undefined {
  try {
    const { exp } = decodeJwt(accessToken);
    const expiresAtMs = typeof exp === 'number' ? exp * SECOND_MS : Number.NaN;
    return expiresAtMs > nowMs ? Math.min(expiresAtMs, nowMs + MAX_LIFETIME_MS) : undefined;
  } catch {
    return undefined;
  }
}

/** Tokens of a refresh. Without scopes, they are those of before (RFC 6749 section 6). */
export type RenewedTokens = Omit<AcceptedTokens, 'scopes'> & { readonly scopes?: readonly string[] };

const isScope = (text: string): boolean => text !== '' && isStorableText(text);

/** RFC 6749 section 5.1: an omitted scope is the one that was asked for. */
export const acceptedTokens = (
  response: TokenResponse,
  receivedAtMs: number,
  requestedScopes: readonly string[],
): AcceptedTokens => ({ scopes: requestedScopes, ...renewedTokens(response, receivedAtMs) });

/** Some providers separate scopes with commas. */
export function renewedTokens(response: TokenResponse, receivedAtMs: number): RenewedTokens {
  const { access_token, refresh_token, id_token, scope, expires_in } = response;
  const expiresAtMs =
    expires_in === undefined || expires_in <= 0
      ? ownExpiryOf(access_token, receivedAtMs)
      : expiryAfter(receivedAtMs, expires_in);
  return {
    tokens: {
      accessToken: access_token,
      ...(refresh_token === undefined ? {} : { refreshToken: refresh_token }),
      ...(id_token === undefined ? {} : { idToken: id_token }),
    },
    ...(scope === undefined ? {} : { scopes: scope.split(/[\s,]+/).filter(isScope) }),
    obtainedAtMs: receivedAtMs,
    ...(expiresAtMs === undefined ? {} : { expiresAtMs }),
  };
}
