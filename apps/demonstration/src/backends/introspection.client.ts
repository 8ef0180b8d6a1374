import type { Secret } from '@gatehouse/kernel/secret';
import { z } from 'zod';
import { bearerToken } from '../http/messages.js';
import type { CredentialCheck } from './credential-checks.js';
import { splitScope, type Verdict } from './principal.js';

export interface IntrospectionRules {
  readonly endpoint: string;
  readonly clientId: string;
  readonly clientSecret: Secret;
}

const TIMEOUT_MS = 5_000;

const answer = z.discriminatedUnion('active', [
  z.object({ active: z.literal(false) }),
  z.object({
    active: z.literal(true),
    iss: z.string(),
    sub: z.string(),
    scope: z.string().optional(),
    /** A refresh token is active as well, but it is no access token: it comes without this. */
    token_type: z.string().optional(),
  }),
]);

/** An opaque access token, asked about at its issuer on every request (RFC 7662): revocation shows at once. */
export function introspectionCheck(rules: IntrospectionRules): CredentialCheck {
  const credentials = `${rules.clientId}:${rules.clientSecret.reveal()}`;
  const headers = { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` };
  return {
    header: 'authorization',
    verify: async (request) => {
      const token = bearerToken(request);
      if (token === undefined) return { kind: 'refused', challenge: 'Bearer' };
      try {
        const response = await fetch(rules.endpoint, {
          method: 'POST',
          headers,
          body: new URLSearchParams({ token, token_type_hint: 'access_token' }),
          redirect: 'error',
          signal: AbortSignal.timeout(TIMEOUT_MS),
        });
        if (response.status === 400) return refused; // not even shaped like a token of that issuer
        if (!response.ok) return unavailable;
        return judge(answer.parse(await response.json()));
      } catch {
        return unavailable;
      }
    },
  };
}

const refused: Verdict = { kind: 'refused', challenge: 'Bearer error="invalid_token"' };

const unavailable: Verdict = { kind: 'unavailable', reason: 'the token issuer does not answer' };

function judge(found: z.infer<typeof answer>): Verdict {
  if (!found.active || found.token_type === undefined) return refused;
  return {
    kind: 'accepted',
    principal: {
      credential: 'opaque-token',
      issuer: found.iss,
      subject: found.sub,
      audience: null,
      scopes: splitScope(found.scope),
      actor: null,
    },
  };
}
