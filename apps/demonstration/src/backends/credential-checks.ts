import { equalsInConstantTime } from '@gatehouse/kernel/digest';
import type { Secret } from '@gatehouse/kernel/secret';
import { jwtVerify, type JWTPayload, type JWTVerifyGetKey } from 'jose';
import type { IncomingMessage } from 'node:http';
import { KeysUnavailable } from '../http/issuer-keys.js';
import { bearerToken } from '../http/messages.js';
import { SIGNING_ALGORITHM } from '../http/signing-key.js';
import { nobody, splitScope, type Verdict } from './principal.js';

/** One endpoint's way to check a credential, and the request header that carries it. */
export interface CredentialCheck {
  readonly header: 'authorization' | 'x-api-key' | undefined;
  readonly verify: (request: IncomingMessage) => Promise<Verdict> | Verdict;
}

/** Every header that could carry a credential; those that an endpoint does not ask for must not arrive. */
const CREDENTIAL_HEADERS = ['authorization', 'proxy-authorization', 'x-api-key', 'cookie'] as const;

/** The names of credential headers that this endpoint never asked for. */
export const unexpectedCredentials = (check: CredentialCheck, request: IncomingMessage): readonly string[] =>
  CREDENTIAL_HEADERS.filter((name) => name !== check.header && request.headers[name] !== undefined);

const MISSING: Verdict = { kind: 'refused', challenge: 'Bearer' };
const INVALID: Verdict = { kind: 'refused', challenge: 'Bearer error="invalid_token"' };

export interface JwtRules {
  readonly issuer: string;
  readonly audience: string;
  readonly keys: JWTVerifyGetKey;
  readonly isEnded?: (token: string) => boolean;
}

/** A signed access token (RFC 9068) of one issuer for one audience. */
export function jwtCheck(rules: JwtRules): CredentialCheck {
  return {
    header: 'authorization',
    verify: async (request) => {
      const token = bearerToken(request);
      if (token === undefined) return MISSING;
      if (rules.isEnded?.(token) === true) return INVALID;
      try {
        const { payload } = await jwtVerify(token, rules.keys, {
          issuer: rules.issuer,
          audience: rules.audience,
          typ: 'at+jwt',
          algorithms: [SIGNING_ALGORITHM],
          requiredClaims: ['sub', 'exp'],
        });
        return { kind: 'accepted', principal: principalOf(payload, rules.audience) };
      } catch (error) {
        if (error instanceof KeysUnavailable) return { kind: 'unavailable', reason: error.message };
        return INVALID;
      }
    },
  };
}

const principalOf = (payload: JWTPayload, audience: string) => ({
  credential: 'jwt' as const,
  issuer: payload.iss ?? null,
  subject: payload.sub ?? null,
  audience,
  scopes: splitScope(payload['scope']),
  actor: actorOf(payload['act']),
});

const actorOf = (act: unknown): string | null =>
  typeof act === 'object' && act !== null && 'sub' in act && typeof act.sub === 'string' ? act.sub : null;

/** A key that is the same for every caller. */
export function apiKeyCheck(key: Secret): CredentialCheck {
  return {
    header: 'x-api-key',
    verify: (request) => {
      const given = request.headers['x-api-key'];
      return typeof given === 'string' && equalsInConstantTime(given, key.reveal())
        ? { kind: 'accepted', principal: nobody('api-key') }
        : { kind: 'refused', challenge: 'ApiKey header="X-Api-Key"' };
    },
  };
}

/** No credential at all. */
export const noCredentialCheck: CredentialCheck = {
  header: undefined,
  verify: () => ({ kind: 'accepted', principal: nobody('none') }),
};
