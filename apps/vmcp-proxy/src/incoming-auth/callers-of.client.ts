import { CLOCK_TOLERANCE_SECONDS } from '@gatehouse/kernel/clock';
import type { VmcpProxyPart } from '@gatehouse/config/parts';
import type { ContractClient } from '@gatehouse/messaging/contract-client';
import type { Log } from '@gatehouse/observability/log';
import { AnyToken } from './any-token.js';
import { Callers } from './caller.js';
import { IntrospectedTokens } from './introspected-tokens.client.js';
import { issuerKeys } from './issuer-keys.client.js';
import type { SessionViews } from './session-views.client.js';
import { signingKeys } from './signing-keys.client.js';
import { TokenVerifier } from './token-verifier.js';

/** Whether callers come with tokens of Gatehouse's own authorization server. */
export const isEmbedded = ({
  incomingAuth,
  authServer,
}: Pick<VmcpProxyPart, 'incomingAuth' | 'authServer'>): boolean =>
  incomingAuth.type === 'oidc' && authServer?.issuer === incomingAuth.oidc.issuer;

/** How callers are identified under this configuration. */
export function callersOf(
  part: Pick<VmcpProxyPart, 'incomingAuth' | 'authServer'>,
  contracts: Pick<ContractClient, 'ask'>,
  sessions: SessionViews,
  log: Pick<Log, 'warn' | 'failure'>,
): Callers {
  const { incomingAuth } = part;
  if (incomingAuth.type === 'anonymous') return new Callers(incomingAuth, undefined, undefined, log);
  const { issuer } = incomingAuth.oidc;
  const embedded = isEmbedded(part);
  const keys = embedded ? signingKeys(contracts) : issuerKeys(incomingAuth.oidc);
  const verifier = new TokenVerifier(keys.getKey, {
    issuer,
    // RFC 9068, section 4. Other issuers' access tokens are often plain JWTs.
    ...(embedded ? { typ: 'at+jwt' } : {}),
    clockToleranceSeconds: CLOCK_TOLERANCE_SECONDS,
  });
  const { introspection } = incomingAuth.oidc;
  if (introspection !== undefined && !embedded) {
    const expected = { clockToleranceSeconds: CLOCK_TOLERANCE_SECONDS };
    const opaque = new IntrospectedTokens(incomingAuth.oidc, introspection, expected);
    return new Callers(incomingAuth, new AnyToken(verifier, opaque), undefined, log);
  }
  return new Callers(incomingAuth, verifier, embedded ? sessions : undefined, log);
}
